/**
 * A minimal DER writer for extensions that certificate libraries do not write: otherName entries, name constraints,
 * unknown critical extensions.
 */
const length = (size: number): ReadonlyArray<number> => {
  if (size < 0x80) return [size]
  const hex = size.toString(16)
  const octets = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex")
  return [0x80 | octets.length, ...octets]
}

/** One value: tag, length, contents. */
export const tlv = (tag: number, ...contents: ReadonlyArray<Uint8Array>): Uint8Array => {
  const body = Buffer.concat(contents)
  return Buffer.concat([Uint8Array.of(tag, ...length(body.length)), body])
}

/** A SEQUENCE. */
export const sequence = (...contents: ReadonlyArray<Uint8Array>): Uint8Array => tlv(0x30, ...contents)

/** A string with any tag; ASCII and UTF-8 are the same for the names that tests use. */
export const text = (tag: number, value: string): Uint8Array => tlv(tag, Buffer.from(value, "utf8"))

const base128 = (arc: number): ReadonlyArray<number> => {
  const low = [arc & 0x7f]
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) low.unshift((rest & 0x7f) | 0x80)
  return low
}

/** An OBJECT IDENTIFIER in dotted form. */
export const oid = (dotted: string): Uint8Array => {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number)
  return tlv(0x06, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)))
}
