/**
 * Decodes octets to the JSON object of a document (requirements §1.1).
 */
import { Result } from "effect"
import { type Json, JsonObject, parseJson } from "../../../encoding/json.ts"
import { quote } from "../../../encoding/quote.ts"
import { type Lint, lint } from "../../../Lint.ts"
import { type Generation, generationRules } from "../../../question/Generation.ts"
import { type Fault, fault } from "./fault.ts"

export interface DecodedDocument {
  readonly object: JsonObject
  readonly lints: ReadonlyArray<Lint>
}

/** Decodes a document. Checks its size too, because not every document comes from a fetcher that limits it. */
export const decodeDocument = (octets: Uint8Array, generation: Generation): Result.Result<DecodedDocument, Fault> => {
  const { bodyOctets, label } = generationRules[generation]
  if (octets.length > bodyOctets) {
    return fault("BodyTooLarge", `documents of ${label} have at most ${bodyOctets} octets`)
  }
  const json = parseJson(octets)
  if (Result.isFailure(json)) return fault(json.failure.code, json.failure.detail)
  const { byteOrderMark, value } = json.success
  if (!(value instanceof JsonObject)) return fault("NotAnObject")

  const duplicate = findDuplicate(value)
  if (duplicate !== undefined) return fault("DuplicateMember", duplicate)
  return Result.succeed({ object: value, lints: byteOrderMark ? [lint("ByteOrderMark", "warning")] : [] })
}

// POSH-FMT-03: only at the levels that are interpreted: the document, its JWKs and its descriptors. Everything else is
// ignored (POSH-FMT-04).
const findDuplicate = (document: JsonObject): string | undefined =>
  [
    describeDuplicate(document, ""),
    ...["keys", "fingerprints"].flatMap((name) =>
      elements(document.get(name)).map((element, index) => describeDuplicate(element, ` in ${name}[${index}]`))
    )
  ].find((duplicate) => duplicate !== undefined)

const elements = (value: Json | undefined): ReadonlyArray<Json> => Array.isArray(value) ? value : []

const describeDuplicate = (value: Json, where: string): string | undefined =>
  value instanceof JsonObject && value.duplicate !== undefined
    ? `"${quote(value.duplicate, 64)}" occurs twice${where}`
    : undefined
