/**
 * Comparison of distinguished names (RFC 5280 §7.1).
 */
import { Result } from "effect"
import { isUtf8 } from "node:buffer"
import { chainLimits } from "../../Limits.ts"
import { type Der, readAll, readInside, readOid, type ReadResult, tags } from "../derReader.ts"

export interface DistinguishedName {
  /** A canonical text for each RDN; RDNs are equal if their texts are. */
  readonly rdns: ReadonlyArray<string>
  /** For each RDN, whether it has a value without canonical text, so that unequal texts may still be equal names. */
  readonly opaque: ReadonlyArray<boolean>
  /** Values of emailAddress, to which constraints on mailboxes apply (RFC 5280 §4.2.1.10). */
  readonly emails: ReadonlyArray<Uint8Array>
}

/** Reads a `Name`, a sequence of RDNs. */
export const readName = (octets: Uint8Array): ReadResult<DistinguishedName> =>
  Result.gen(function*() {
    if (octets.length > chainLimits.distinguishedNameOctets) return yield* Result.fail("a name is too long")
    const sets = yield* readInside(octets, tags.sequence)
    const rdns = yield* Result.all(sets.map(readRdn))
    return {
      rdns: rdns.map((attributes) => JSON.stringify(attributes.map(({ text }) => text).sort())),
      opaque: rdns.map((attributes) => attributes.some(({ opaque }) => opaque)),
      emails: rdns.flat().filter(({ type }) => type === emailAddress).map(({ value }) => value)
    }
  })

/** Are two names equal? */
export const isSameName = (a: DistinguishedName, b: DistinguishedName): boolean =>
  a.rdns.length === b.rdns.length && isInSubtree(a, b)

/** Is a name in the subtree of another (RFC 5280 §4.2.1.10, directoryName)? */
export const isInSubtree = (name: DistinguishedName, base: DistinguishedName): boolean =>
  base.rdns.every((rdn, index) => name.rdns[index] === rdn)

/** Could it be in the subtree, if opaque values count as equal? */
export const mayBeInSubtree = (name: DistinguishedName, base: DistinguishedName): boolean =>
  base.rdns.every((rdn, index) =>
    index < name.rdns.length && (name.rdns[index] === rdn || name.opaque[index] === true || base.opaque[index] === true)
  )

const emailAddress = "1.2.840.113549.1.9.1"

interface Attribute {
  readonly type: string
  readonly text: string
  readonly opaque: boolean
  readonly value: Uint8Array
}

// SET SIZE (1..MAX)
const readRdn = (set: Der): ReadResult<ReadonlyArray<Attribute>> =>
  set.tag === tags.set && set.content.length > 0
    ? Result.flatMap(readAll(set.content), (attributes) => Result.all(attributes.map(readAttribute)))
    : Result.fail("malformed name")

const readAttribute = ({ octets }: Der): ReadResult<Attribute> =>
  Result.gen(function*() {
    const [key, value, ...more] = yield* readInside(octets, tags.sequence)
    if (value === undefined || more.length > 0) return yield* Result.fail("malformed name")
    const type = yield* readOid(key)
    const text = toComparableText(value)
    return {
      type,
      text: `${type}=${text ?? Buffer.from(value.octets).toString("hex")}`,
      opaque: text === undefined,
      value: value.content
    }
  })

const textTags: ReadonlySet<number> = new Set([tags.utf8String, tags.printableString, tags.ia5String])

// Letter case, Unicode composition, white space and invisible characters are not significant (RFC 4518 §2), nor is the
// string type among these three. Other types are compared octet by octet, as RFC 5280 allows.
const toComparableText = ({ content, tag }: Der): string | undefined =>
  textTags.has(tag) && isUtf8(content)
    ? `"${fold(Buffer.from(content).toString("utf8")).trim().replace(/\s+/gu, " ")}`
    : undefined

// RFC 4518 §2.2 and §2.3. Upper case first, for letters with only one case: "ß" equals "SS".
const fold = (text: string): string =>
  /^[ -~]*$/.test(text)
    ? text.toLowerCase()
    : text.normalize("NFKC").replace(invisible, "").toUpperCase().toLowerCase().normalize("NFKC")

const invisible = /\p{Default_Ignorable_Code_Point}|(?!\s)\p{Cc}/gu
