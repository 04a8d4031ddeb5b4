/**
 * The text of a key → whose it is.
 */
import { hash, timingSafeEqual } from "node:crypto"
import type { Caller } from "../service/Caller.ts"
import { isKeyText, type Keys } from "./Key.ts"

/** The caller whose key this is. */
export type KeyRing = (text: string) => Caller | undefined

/**
 * Makes the ring.
 *
 * **Details**
 *
 * Finding an entry by its hash takes a time that may tell something about the hashes which are kept, but nothing about
 * a key: whoever knew a hash entirely would still have to guess the 32 random octets behind it. What decides is the
 * comparison of the whole hash, in constant time. Comparing with every entry would be no safer, and with a thousand of
 * them dearer than the rest of an answer (see docs/decisions/access.md).
 */
export const makeKeyRing = (keys: Keys): KeyRing => {
  const entries = new Map(
    keys.map(({ name, scope, sha256 }) => [
      sha256,
      { octets: Buffer.from(sha256, "hex"), caller: { name, account: `key ${name}`, scope } }
    ])
  )
  return (text) => {
    if (!isKeyText(text)) return undefined
    const sha256 = hash("sha256", text)
    const entry = entries.get(sha256)
    return entry !== undefined && timingSafeEqual(entry.octets, Buffer.from(sha256, "hex")) ? entry.caller : undefined
  }
}
