/**
 * Octets → a JWK Set, fingerprints, or one reference (requirements §1).
 *
 * `parseDocument` is the stage; the three shapes are read in `document/`.
 */
import { Data, type Result } from "effect"
import type { VerdictCode } from "./codes.ts"
import type { Generation } from "./Generation.ts"
import type { Lint } from "./Lint.ts"
import type { Fingerprints, JwkSet } from "./Material.ts"

export type DocumentKind = "jwk-set" | "fingerprints" | "reference"

/** A reference document (RFC 7711 §3.2). `url` is as published; targets are checked in `Delegation`. */
export interface Reference {
  readonly _tag: "Reference"
  readonly url: string
  /** Seconds, > 0, clamped to 2^53−1. */
  readonly expires: number
  readonly lints: ReadonlyArray<Lint>
}

/** Material with what the document says about its life. */
export interface PublishedFingerprints {
  readonly _tag: "PublishedFingerprints"
  readonly material: Fingerprints
  /** Seconds, > 0, clamped to 2^53−1. */
  readonly expires: number
  readonly lints: ReadonlyArray<Lint>
}

export interface PublishedJwkSet {
  readonly _tag: "PublishedJwkSet"
  readonly material: JwkSet
  /** A G1 feature: an upper bound, seconds (POSH-FMT-34). */
  readonly expires?: number
  readonly lints: ReadonlyArray<Lint>
}

export type Document = PublishedFingerprints | PublishedJwkSet | Reference

export class DocumentError extends Data.TaggedError("DocumentError")<{
  readonly code: VerdictCode
  readonly detail?: string
  /** What was found besides, such as why each entry is unusable. */
  readonly lints: ReadonlyArray<Lint>
}> {}

export interface DocumentOptions {
  /** The generation at whose path the document was found (POSH-FMT-71). */
  readonly generation: Generation
  /** Read the interim formats at the draft path too (POSH-NEG-08). */
  readonly acceptInterim: boolean
  /** Was the document reached through a reference? Then it is fingerprints (POSH-FMT-63). */
  readonly referenced: boolean
  /** Milliseconds since the epoch: expired entries of a JWK Set are reported (POSH-CAC-23). */
  readonly now: number
}

export declare const parseDocument: (
  octets: Uint8Array,
  options: DocumentOptions
) => Result.Result<Document, DocumentError>
