/**
 * Octets → a JWK Set, fingerprints, or one reference (requirements §1).
 *
 * `parseDocument` is the stage; the three shapes are read in `document/`.
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
  /** More than the code says; bounded and escaped (POSH-SEC-14). */
  readonly detail?: string
  /** What was found besides, such as why each entry is unusable. */
  readonly lints: ReadonlyArray<Lint>
}

export class DocumentError extends Data.TaggedError("DocumentError")<DocumentErrorFields> {
  constructor(fields: DocumentErrorFields) {
    super(withPrintable(fields, "detail"))
  }
}

export interface DocumentOptions extends Place {
  /** Milliseconds since the epoch: expired entries of a JWK Set are reported (POSH-CAC-23). */
  readonly now: number
}

/**
 * Octets → document.
 *
 * **Details**
 *
 * Decodes, classifies, reads the shape; fails with the first finding in that order. Within a shape a withdrawal comes
 * first, then the shape itself, `expires`, and what is inside. An exceeded limit of POSH-FMT-08 fails the document
 * even where it is exceeded in one entry alone. `lints` holds what decides nothing.
 *
 * **Gotchas**
 *
 * Material that has expired as a whole is a failure (`AllMaterialExpired`), expired entries beside others are not: the
 * caller skips them at the time of matching. WHETHER A REFERENCE'S TARGET IS ALLOWED IS NOT CHECKED HERE.
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
