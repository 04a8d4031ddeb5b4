/**
 * Looks callers up by key.
 */
import { hash, timingSafeEqual } from "node:crypto"
import type { Caller } from "../service/Caller.ts"
import { isKeyText, type Keys } from "./Key.ts"

/** The caller with this key, if any. */
export type KeyRing = (text: string) => Caller | undefined

/**
 * Makes the look-up.
 *
 * **Details**
 *
 * The time of the look-up by hash may leak something about the stored hashes, but nothing about a key: even a known hash
 * leaves 32 random octets to guess. The comparison of the whole hash decides, in constant time. A comparison with every
 * entry would not be safer, and with a thousand entries more expensive than the rest of an answer
 * (docs/decisions/access.md).
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
