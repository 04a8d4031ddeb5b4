/**
 * Parses a document: a JWK Set, fingerprints, or a reference (requirements §1). `document/` reads the three kinds.
 */
import { Data, Result } from "effect"
import type { DocumentKind } from "../../association/Hop.ts"
import type { VerdictCode } from "../../codes.ts"
import type { JsonObject } from "../../encoding/json.ts"
import { withPrintable } from "../../encoding/quote.ts"
import { type Lint, mostSevere } from "../../Lint.ts"
import { classify, type Place } from "./document/classify.ts"
import { decodeDocument } from "./document/decode.ts"
import type { Fault } from "./document/fault.ts"
import { type PublishedFingerprints, readFingerprints } from "./document/Fingerprints.ts"
import { type PublishedJwkSet, readJwkSet } from "./document/JwkSet.ts"
import { readReference, type Reference } from "./document/Reference.ts"

export type Document = PublishedFingerprints | PublishedJwkSet | Reference

interface DocumentErrorFields {
  readonly code: VerdictCode
  /** Explains the code; bounded and escaped (POSH-SEC-14). */
  readonly detail?: string
  /** Further findings, such as why each entry is unusable. */
  readonly lints: ReadonlyArray<Lint>
}

/** Why a document cannot be used. */
export class DocumentError extends Data.TaggedError("DocumentError")<DocumentErrorFields> {
  constructor(fields: DocumentErrorFields) {
    super(withPrintable(fields, "detail"))
  }
}

export interface DocumentOptions extends Place {
  /** Milliseconds since the epoch, for reporting expired entries of a JWK Set (POSH-CAC-23). */
  readonly now: number
}

/**
 * Parses octets to a document.
 *
 * **Details**
 *
 * Decodes, classifies, then reads the kind; fails with the first fault in that order. Within a kind the order is
 * withdrawal, structure, `expires`, contents. A limit of POSH-FMT-08 that one entry exceeds fails the whole document.
 * `lints` are findings that decide nothing.
 *
 * **Gotchas**
 *
 * Fails with `AllMaterialExpired` only if every entry has expired. Expired entries beside others stay; the matcher
 * skips them. WHETHER A REFERENCE'S TARGET IS ALLOWED IS NOT CHECKED HERE.
 */
export const parseDocument = (
  octets: Uint8Array,
  options: DocumentOptions
): Result.Result<Document, DocumentError> =>
  Result.gen(function*() {
    const { lints, object } = yield* decodeDocument(octets, options.generation)
    const kind = yield* classify(object, options)
    return yield* readShape[kind](object, lints, options.now)
  }).pipe(
    Result.map((document) => ({ ...document, lints: mostSevere(document.lints) })),
    Result.mapError((fault) => new DocumentError({ ...fault, lints: mostSevere(fault.lints) }))
  )

const readShape: {
  readonly [K in DocumentKind]: (
    object: JsonObject,
    lints: ReadonlyArray<Lint>,
    now: number
  ) => Result.Result<Document, Fault>
} = {
  "jwk-set": readJwkSet,
  "fingerprints": readFingerprints,
  "reference": readReference
}
