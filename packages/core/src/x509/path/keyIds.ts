/**
 * The two key identifiers, by which issuers of one name are told apart (RFC 5280 §4.2.1.1, §4.2.1.2).
 */
import { Result } from "effect"
import { constructed, primitive, readInside, readOne, type ReadResult, tags } from "../derReader.ts"
import type { Extension } from "../extensionList.ts"
import { readOptional } from "../extensions.ts"
import type { Fields } from "../fields.ts"

/** What a certificate says of its own key, and of its issuer's. */
export interface KeyIds {
  /** In hex; `undefined` without the extension. */
  readonly own: string | undefined
  /** In hex; `undefined` without the extension, or if it has no keyIdentifier. */
  readonly issuer: string | undefined
}

/** Reads both extensions; fails if one is malformed or critical. */
export const readKeyIds = ({ extensions }: Pick<Fields, "extensions">): ReadResult<KeyIds> =>
  Result.gen(function*() {
    return {
      own: yield* readNonCritical(extensions.get(keyIdOids.subject), readSubjectKeyId),
      issuer: yield* readNonCritical(extensions.get(keyIdOids.authority), readAuthorityKeyId)
    }
  })

export const keyIdOids = { subject: "2.5.29.14", authority: "2.5.29.35" } as const

// Conforming CAs must mark both as non-critical.
const readNonCritical = <A>(extension: Extension | undefined, read: (value: Uint8Array) => ReadResult<A>) =>
  extension?.critical === true
    ? Result.fail(`extension ${extension.oid} must not be critical`)
    : readOptional(extension, read)

const hex = (octets: Uint8Array): string => Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString("hex")

const readSubjectKeyId = (value: Uint8Array): ReadResult<string> =>
  Result.map(readOne(value, tags.octetString), ({ content }) => hex(content))

// keyIdentifier, authorityCertIssuer, authorityCertSerialNumber: each at most once, in this order, the latter two together.
const readAuthorityKeyId = (value: Uint8Array): ReadResult<string | undefined> =>
  Result.gen(function*() {
    const members = yield* readInside(value, tags.sequence, memberTags.length)
    const places = members.map(({ tag }) => memberTags.indexOf(tag))
    const inOrder = places.every((place, index) => place > (places[index - 1] ?? -1))
    if (!inOrder || places.includes(1) !== places.includes(2)) return yield* Result.fail("it is malformed")
    const keyId = members.find(({ tag }) => tag === memberTags[0])
    return keyId === undefined ? undefined : hex(keyId.content)
  })

const memberTags = [primitive(0), constructed(1), primitive(2)]
