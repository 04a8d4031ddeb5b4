/**
 * Just enough DER to read what path validation needs: names and extensions as octets, which certificate libraries do
 * not hand out. Definite minimal lengths and low tag numbers alone; nothing is copied.
 */
import { Result } from "effect"

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
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31
} as const

/** A context-specific tag of a constructed value, as in `[3] EXPLICIT`. */
export const constructed = (number: number): number => 0xa0 | number

/** A context-specific tag of a primitive value, as in `[2] IMPLICIT IA5String`. */
export const primitive = (number: number): number => 0x80 | number

export type Read<A> = Result.Result<A, string>

/** All values in a row; fails on anything left over. */
export const readAll = (octets: Uint8Array): Read<ReadonlyArray<Der>> => {
  const values: Array<Der> = []
  let rest = octets
  while (rest.length > 0) {
    const value = readFirst(rest)
    if (value === undefined) return Result.fail("malformed DER")
    values.push(value)
    rest = rest.subarray(value.octets.length)
  }
  return Result.succeed(values)
}

/** Exactly one value, of this tag. */
export const readOne = (octets: Uint8Array, tag: number): Read<Der> => {
  const value = readFirst(octets)
  return value !== undefined && value.tag === tag && value.octets.length === octets.length
    ? Result.succeed(value)
    : Result.fail("malformed DER")
}

/** The values in exactly one value of this tag. */
export const readInside = (octets: Uint8Array, tag: number): Read<ReadonlyArray<Der>> =>
  Result.flatMap(readOne(octets, tag), ({ content }) => readAll(content))

/** Dotted form. Longer identifiers than 64 octets exist in no registry and are refused. */
export const readOid = (value: Der | undefined): Read<string> => {
  const content = value?.tag === tags.oid ? value.content : new Uint8Array()
  if (content.length === 0 || content.length > 64 || (content.at(-1) ?? 0) >= 0x80) return Result.fail("malformed OID")
  const arcs: Array<bigint> = []
  let arc = 0n
  for (const octet of content) {
    arc = (arc << 7n) | BigInt(octet & 0x7f)
    if (octet < 0x80) {
      arcs.push(arc)
      arc = 0n
    }
  }
  const [joint = 0n, ...more] = arcs
  const first = joint < 80n ? joint / 40n : 2n // X.690 §8.19.4
  return Result.succeed([first, joint - first * 40n, ...more].join("."))
}

/** BOOLEAN; DER has one spelling of each. */
export const readBoolean = ({ content, tag }: Der): Read<boolean> =>
  tag === tags.boolean && content.length === 1 && (content[0] === 0 || content[0] === 0xff)
    ? Result.succeed(content[0] === 0xff)
    : Result.fail("malformed BOOLEAN")

/** A small INTEGER ≥ 0; larger ones than 2^31−1 come out as that. */
export const readCount = ({ content, tag }: Der): Read<number> => {
  if (tag !== tags.integer || content.length === 0 || (content[0] ?? 0) >= 0x80) return Result.fail("malformed INTEGER")
  return Result.succeed(content.length > 4 ? 0x7fffffff : content.reduce((number, octet) => number * 256 + octet, 0))
}

const readFirst = (octets: Uint8Array): Der | undefined => {
  const tag = octets[0]
  const size = octets[1]
  if (tag === undefined || size === undefined || (tag & 0x1f) === 0x1f) return undefined
  const header = size < 0x80 ? 2 : 2 + (size & 0x7f)
  if (size === 0x80 || header > 6 || octets.length < header) return undefined
  const length = size < 0x80 ? size : octets.subarray(2, header).reduce((sum, octet) => sum * 256 + octet, 0)
  if (size >= 0x80 && (length < 0x80 || octets[2] === 0)) return undefined // not minimal
  return octets.length < header + length
    ? undefined
    : { tag, content: octets.subarray(header, header + length), octets: octets.subarray(0, header + length) }
}
