/**
 * Strict base64 and hex. The decoder of Node.js accepts both alphabets, skips unknown characters and needs no padding
 * (requirements D.3), so it only gets text that was validated.
 */

/** Decoded base64 whose padding may be missing. */
export interface LenientBase64 {
  readonly octets: Uint8Array
  /** True if an `=` at the end was missing. */
  readonly unpadded: boolean
}

/** RFC 4648 §4: padded, without white space, pad bits zero (POSH-FMT-09). `undefined` otherwise. */
export const decodeBase64 = (text: string): Uint8Array | undefined =>
  text.length % 4 === 0 ? decodePadded(text) : undefined

/** As {@link decodeBase64}, but the `=` at the end may be missing (POSH-FMT-45). */
export const decodeUnpaddedBase64 = (text: string): LenientBase64 | undefined => {
  const missing = (4 - text.length % 4) % 4
  const octets = decodePadded(text + "=".repeat(missing))
  return octets === undefined ? undefined : { octets, unpadded: missing > 0 }
}

/** RFC 4648 §5 as JOSE uses it: never padded, pad bits zero (POSH-FMT-10). `undefined` otherwise. */
export const decodeBase64Url = (text: string): Uint8Array | undefined =>
  text.length % 4 !== 1 && urlAlphabet.test(text) && hasZeroPadBits(text, text.length)
    ? own(Buffer.from(text, "base64url"))
    : undefined

/** Upper or lower case, two digits per octet, no separators. `undefined` otherwise. */
export const fromHex = (text: string): Uint8Array | undefined =>
  text.length % 2 === 0 && hexDigits.test(text) ? own(Buffer.from(text, "hex")) : undefined

/** Standard base64 with padding. */
export const toBase64 = (octets: Uint8Array): string => view(octets).toString("base64")

/** Lower case. */
export const toHex = (octets: Uint8Array): string => view(octets).toString("hex")

const alphabet = /^[A-Za-z0-9+/]*={0,2}$/
const urlAlphabet = /^[A-Za-z0-9_-]*$/
const hexDigits = /^[0-9A-Fa-f]*$/

const decodePadded = (text: string): Uint8Array | undefined => {
  if (!alphabet.test(text)) return undefined
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0
  return hasZeroPadBits(text, text.length - padding) ? own(Buffer.from(text, "base64")) : undefined
}

// RFC 4648 §3.5: two characters of the last group hold 12 bits for 8, three hold 18 for 16; the pad bits must be zero.
const hasZeroPadBits = (text: string, end: number): boolean => {
  const group = end % 4
  if (group === 0) return true
  const last = text[end - 1] ?? ""
  return group === 2 ? "AQgw".includes(last) : group === 3 && "AEIMQUYcgkosw048".includes(last)
}

// A copy: small buffers are views of a shared slab, which a cached hash of 32 octets would keep alive.
const own = (buffer: Buffer): Uint8Array => new Uint8Array(buffer)

const view = (octets: Uint8Array): Buffer => Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
