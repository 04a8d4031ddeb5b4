/**
 * Schemas of the values in stored entries. All lengths are bounded, because a store is untrusted input (POSH-CAC-05).
 */
import { Schema, SchemaGetter } from "effect"
import { decodeBase64, toBase64 } from "../../../encoding/base64.ts"
import { isPrintable } from "../../../encoding/quote.ts"

// Negative zero is never written, and would not survive another round trip.
const isWritten = Schema.makeFilter((value: number) => !Object.is(value, -0))
/** A whole number. */
export const between = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }), isWritten)
/** POSH-SEC-14: bounded and escaped, as the constructors of the stored values leave it. */
export const text = (characters: number) =>
  Schema.String.check(Schema.isMaxLength(characters), Schema.makeFilter((value: string) => isPrintable(value)))
export const list = <S extends Schema.Constraint>(element: S, minimum: number, maximum: number) =>
  Schema.Array(element).check(Schema.isMinLength(minimum), Schema.isMaxLength(maximum))

/** Milliseconds since the epoch. */
export const Instant = between(0, 8.64e15) // ECMA-262 §21.4.1.1: the maximum time value

/** Strict base64 of so many octets. */
export const octets = (minimum: number, maximum: number) => {
  const isEncoded = (encoded: string) => {
    const length = encoded.length <= maximum * 2 + 4 ? decodeBase64(encoded)?.length : undefined
    return length !== undefined && length >= minimum && length <= maximum
  }
  // Decoded twice: a check is synchronous, and a transformation that can fail is an effect, which costs several times as much.
  return Schema.String.check(Schema.makeFilter(isEncoded, { message: "expected base64 of so many octets" })).pipe(
    Schema.decodeTo(Schema.Uint8Array, {
      decode: SchemaGetter.transform((encoded: string) => decodeBase64(encoded) ?? new Uint8Array()),
      encode: SchemaGetter.transform(toBase64)
    })
  )
}
