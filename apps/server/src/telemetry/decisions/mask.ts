/**
 * Masks values in records by a keyed hash (HMAC), so that equal values stay equal.
 */
import { Context, Redacted } from "effect"
import { createHmac, randomBytes } from "node:crypto"

export type MaskKind = "domain" | "caller" | "certificate"

/** Returns the value, or its hash if its kind is masked. */
export type Mask = (kind: MaskKind, value: string) => string

/** The mask of the debug log; it is that of the decision log, so that neither tells what the other hides. */
export const LogMask = Context.Reference<Mask>("posh/server/telemetry/LogMask", {
  defaultValue: (): Mask => (_kind, value) => value
})

/** Without a key a random one is used: then hashes are comparable only within one run. */
export const makeMask = (kinds: ReadonlyArray<MaskKind>, given: Redacted.Redacted<string> | undefined): Mask => {
  const masked = new Set(kinds)
  const key = given === undefined ? randomBytes(32) : Redacted.value(given)
  return (kind, value) =>
    masked.has(kind) ? `hmac:${createHmac("sha256", key).update(value).digest("base64url")}` : value
}
