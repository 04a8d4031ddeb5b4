/**
 * Strict base64 and hex. The decoder of Node.js accepts both alphabets, skips unknown characters and needs no padding
 * (requirements D.3). So what it decoded is encoded again and has to equal the text, which takes a tenth of looking at each
 * character (measured).
 */

/** Decoded base64 whose padding may be missing. */
export interface LenientBase64 {
  readonly octets: Uint8Array
  /** True if an `=` at the end was missing. */
  readonly unpadded: boolean
}

/** RFC 4648 §4: padded, without white space, pad bits zero (POSH-FMT-09). `undefined` otherwise. */
export const decodeBase64 = (text: string): Uint8Array | undefined => {
  const octets = decodeBase64Shared(text)
  return octets === undefined ? undefined : own(octets)
}

/** As {@link decodeBase64}, but the octets may share memory with others: copy what is kept. */
export const decodeBase64Shared = (text: string): Uint8Array | undefined => {
  const octets = Buffer.from(text, "base64")
  return octets.toString("base64") === text ? octets : undefined
}

/** As {@link decodeBase64}, but the `=` at the end may be missing (POSH-FMT-45). */
export const decodeUnpaddedBase64 = (text: string): LenientBase64 | undefined => {
  const missing = (4 - text.length % 4) % 4
  const octets = decodeBase64(text + "=".repeat(missing))
  return octets === undefined ? undefined : { octets, unpadded: missing > 0 }
}

/** RFC 4648 §5 as JOSE uses it: never padded, pad bits zero (POSH-FMT-10). `undefined` otherwise. */
export const decodeBase64Url = (text: string): Uint8Array | undefined => {
  const octets = Buffer.from(text, "base64url")
  return octets.toString("base64url") === text ? own(octets) : undefined
}

/** Upper or lower case, two digits per octet, no separators. `undefined` otherwise. */
export const fromHex = (text: string): Uint8Array | undefined =>
  text.length % 2 === 0 && hexDigits.test(text) ? own(Buffer.from(text, "hex")) : undefined

/** Standard base64 with padding. */
export const toBase64 = (octets: Uint8Array): string => view(octets).toString("base64")

/** Lower case. */
export const toHex = (octets: Uint8Array): string => view(octets).toString("hex")

const hexDigits = /^[0-9A-Fa-f]*$/

// A copy: small buffers are views of a shared slab, which a cached hash of 32 octets would keep alive.
const own = (octets: Uint8Array): Uint8Array => new Uint8Array(octets)

const view = (octets: Uint8Array): Buffer => Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength)
