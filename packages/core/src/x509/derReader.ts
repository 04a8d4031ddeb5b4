/**
 * A DER reader for path validation, which needs names and extensions as octets; certificate libraries do not expose
 * them. Supports definite minimal lengths and low tag numbers. Returns views, copies nothing.
 */
import { Result } from "effect"
import { type Header, readHeader } from "./der.ts"

/** One DER value. */
export interface Der {
  /** The identifier octet. */
  readonly tag: number
  readonly content: Uint8Array
  /** Identifier, length and content. */
  readonly octets: Uint8Array
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31
} as const

/** The context-specific tag of a constructed value, such as `[3] EXPLICIT`. */
export const constructed = (number: number): number => 0xa0 | number

/** The context-specific tag of a primitive value, such as `[2] IMPLICIT IA5String`. */
export const primitive = (number: number): number => 0x80 | number

/** The value at these positions. */
export const derAt = (octets: Uint8Array, { at, end, start, tag }: Header): Der => ({
  tag,
  content: octets.subarray(start, end),
  octets: octets.subarray(at, end)
})

/** A value, or what is malformed, for a person. */
export type ReadResult<A> = Result.Result<A, string>

/** Reads a sequence of values; fails on trailing octets, and on more than `most` values. */
export const readAll = (octets: Uint8Array, most = Number.POSITIVE_INFINITY): ReadResult<ReadonlyArray<Der>> => {
  const values: Array<Der> = []
  for (let at = 0; at < octets.length;) {
    const header = values.length < most ? readHeader(octets, at, octets.length) : undefined
    if (header === undefined) return malformed
    values.push(derAt(octets, header))
    at = header.end
  }
  return Result.succeed(values)
}

/** Counts the values inside one value of this tag, without allocating them; fails on trailing octets. */
export const countInside = (octets: Uint8Array, tag: number): ReadResult<number> => {
  const outer = readHeader(octets, 0, octets.length)
  if (outer === undefined || outer.tag !== tag || outer.end !== octets.length) return malformed
  let count = 0
  for (let at = outer.start; at < outer.end; count += 1) {
    const value = readHeader(octets, at, outer.end)
    if (value === undefined) return malformed
    at = value.end
  }
  return Result.succeed(count)
}

/** Reads one value of this tag; fails on trailing octets. */
export const readOne = (octets: Uint8Array, tag: number): ReadResult<Der> => {
  const header = readHeader(octets, 0, octets.length)
  return header !== undefined && header.tag === tag && header.end === octets.length
    ? Result.succeed(derAt(octets, header))
    : malformed
}

/** Reads the values inside one value of this tag; fails on trailing octets, and on more than `most` values. */
export const readInside = (octets: Uint8Array, tag: number, most?: number): ReadResult<ReadonlyArray<Der>> =>
  Result.flatMap(readOne(octets, tag), ({ content }) => readAll(content, most))

/** Maximum content of an OID. No registered one is longer. */
export const maxOidOctets = 64

/** Reads an OID in dotted form. */
export const readOid = (value: Der | undefined): ReadResult<string> => {
  const content = value?.tag === tags.oid ? value.content : new Uint8Array()
  if (content.length === 0 || content.length > maxOidOctets || (content.at(-1) ?? 0) >= 0x80) {
    return Result.fail("malformed OID")
  }
  const arcs: Array<number | bigint> = []
  // Measured: seven octets at a time in a number. With one bigint operation per octet, 32 KiB of OIDs take 4 ms.
  let high = 0n
  let low = 0
  let octets = 0
  for (const octet of content) {
    low = low * 128 + (octet & 0x7f)
    octets += 1
    if (octet >= 0x80 && octets < 7) continue
    const arc = high === 0n ? low : (high << BigInt(7 * octets)) | BigInt(low)
    if (octet < 0x80) arcs.push(arc)
    high = octet < 0x80 ? 0n : BigInt(arc)
    low = 0
    octets = 0
  }
  const [combined = 0, ...more] = arcs
  const first = combined < 40 ? 0 : combined < 80 ? 1 : 2 // X.690 §8.19.4
  return Result.succeed(
    [first, typeof combined === "bigint" ? combined - 80n : combined - first * 40, ...more].join(".")
  )
}

/** Reads a BOOLEAN; DER has one encoding of each value. */
export const readBoolean = ({ content, tag }: Der): ReadResult<boolean> =>
  tag === tags.boolean && content.length === 1 && (content[0] === 0 || content[0] === 0xff)
    ? Result.succeed(content[0] === 0xff)
    : Result.fail("malformed BOOLEAN")

/** Reads an INTEGER ≥ 0, clamped to 2^31−1. */
export const readCount = ({ content, tag }: Der): ReadResult<number> => {
  if (tag !== tags.integer || content.length === 0 || (content[0] ?? 0) >= 0x80) return Result.fail("malformed INTEGER")
  return Result.succeed(content.length > 4 ? 0x7fffffff : content.reduce((number, octet) => number * 256 + octet, 0))
}

const malformed = Result.fail("malformed DER")
