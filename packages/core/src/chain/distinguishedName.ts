/**
 * Distinguished names for comparison (RFC 5280 §7.1).
 */
import { Result } from "effect"
import { isUtf8 } from "node:buffer"
import { type Der, type Read, readAll, readInside, readOid, tags } from "../encoding/derReader.ts"

export interface DistinguishedName {
  /** One text for each RDN; equal texts are equal RDNs. */
  readonly rdns: ReadonlyArray<string>
  /** Values of emailAddress, to which constraints on mailboxes apply (RFC 5280 §4.2.1.10). */
  readonly emails: ReadonlyArray<Uint8Array>
}

/** Reads a `Name`, a sequence of RDNs. */
export const readName = (octets: Uint8Array): Read<DistinguishedName> =>
  Result.gen(function*() {
    const sets = yield* readInside(octets, tags.sequence)
    const rdns = yield* Result.all(sets.map(readRdn))
    return {
      rdns: rdns.map((attributes) => JSON.stringify(attributes.map(({ text }) => text).sort())),
      emails: rdns.flat().filter(({ type }) => type === emailAddress).map(({ value }) => value)
    }
  })

export const isSameName = (a: DistinguishedName, b: DistinguishedName): boolean =>
  a.rdns.length === b.rdns.length && isBelow(a, b)

/** Does a name lie in the subtree of another (RFC 5280 §4.2.1.10, directoryName)? */
export const isBelow = (name: DistinguishedName, base: DistinguishedName): boolean =>
  base.rdns.every((rdn, index) => name.rdns[index] === rdn)

const emailAddress = "1.2.840.113549.1.9.1"

interface Attribute {
  readonly type: string
  readonly text: string
  readonly value: Uint8Array
}

const readRdn = (set: Der): Read<ReadonlyArray<Attribute>> =>
  set.tag === tags.set
    ? Result.flatMap(readAll(set.content), (attributes) => Result.all(attributes.map(readAttribute)))
    : Result.fail("malformed name")

const readAttribute = ({ octets }: Der): Read<Attribute> =>
  Result.gen(function*() {
    const [key, value, ...more] = yield* readInside(octets, tags.sequence)
    if (value === undefined || more.length > 0) return yield* Result.fail("malformed name")
    const type = yield* readOid(key)
    return { type, text: `${type}=${comparable(value)}`, value: value.content }
  })

const textTags: ReadonlySet<number> = new Set([tags.utf8String, tags.printableString, tags.ia5String])

// Letter case, composition and white space do not tell names apart; the two usual string types do not either. Other
// types, for which RFC 5280 asks no more, are compared octet by octet.
const comparable = ({ content, octets, tag }: Der): string =>
  textTags.has(tag) && isUtf8(content)
    ? `"${Buffer.from(content).toString("utf8").normalize("NFKC").toLowerCase().trim().replace(/\s+/gu, " ")}`
    : Buffer.from(octets).toString("hex")
