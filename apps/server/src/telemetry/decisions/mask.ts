/**
 * What a record has in place of what is not to be read: a keyed hash, so that equal values stay equal.
 */
import { Redacted } from "effect"
import { createHmac, randomBytes } from "node:crypto"

export type MaskKind = "domain" | "caller" | "certificate"

/** Writes a value as it is, or masked where its kind is. */
export type Mask = (kind: MaskKind, value: string) => string

/** Without a key one is drawn: then values can be compared within one run only. */
export const makeMask = (kinds: ReadonlyArray<MaskKind>, given: Redacted.Redacted<string> | undefined): Mask => {
  const masked = new Set(kinds)
  const key = given === undefined ? randomBytes(32) : Redacted.value(given)
  return (kind, value) =>
    masked.has(kind) ? `hmac:${createHmac("sha256", key).update(value).digest("base64url")}` : value
}
