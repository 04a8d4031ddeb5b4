/**
 * Reads the fields of a certificate (RFC 5280 §4.1), and checks the structure of all of them, so that later steps
 * cannot find a malformed one.
 */
import { Result } from "effect"
import {
  constructed,
  type Der,
  primitive,
  readAll,
  readBoolean,
  readInside,
  readOid,
  type ReadResult,
  tags
} from "./derReader.ts"

export interface Extension {
  /** Dotted. */
  readonly oid: string
  readonly critical: boolean
  /** DER. */
  readonly value: Uint8Array
}

/** The validity, both instants inclusive (RFC 5280 §4.1.2.5). */
export interface Validity {
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
}

/**
 * The fields of a certificate. The public key and the values of extensions are not parsed yet: a leaf (`Certificate`)
 * and a certificate of a chain (`PathCertificate`) each parse what they need.
 */
export interface Fields extends Validity {
  /** The DER octets that are signed. */
  readonly tbs: Uint8Array
  /** AlgorithmIdentifier. */
  readonly algorithm: Uint8Array
  readonly signature: Uint8Array
  /** Number of unused bits in the last octet of the signature. */
  readonly unusedBits: number
  /** As encoded: 2 is version 3. */
  readonly version: number
  /** Content of the INTEGER. */
  readonly serial: Uint8Array
  /** DER `Name`s. */
  readonly issuerName: Uint8Array
  readonly subjectName: Uint8Array
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  /** By OID. */
  readonly extensions: ReadonlyMap<string, Extension>
}

const notCertificate = Result.fail("it is not an X.509 certificate")

/** Reads a certificate. The octets must be well-formed DER (`isDer`). */
export const readFields = (der: Uint8Array): ReadResult<Fields> =>
  Result.gen(function*() {
    const [tbs, algorithm, signature, ...more] = yield* readInside(der, tags.sequence)
    if (tbs?.tag !== tags.sequence || algorithm === undefined || signature?.tag !== tags.bitString || more.length > 0) {
      return yield* notCertificate
    }
    const tbsFields = yield* readAll(tbs.content)
    const versionField = tbsFields[0]?.tag === constructed(0) ? tbsFields[0] : undefined
    const [serial, tbsAlgorithm, issuer, validity, subject, spki, ...rest] = versionField === undefined
      ? tbsFields
      : tbsFields.slice(1)
    if (
      serial?.tag !== tags.integer || tbsAlgorithm === undefined || issuer?.tag !== tags.sequence ||
      validity === undefined || subject?.tag !== tags.sequence || spki === undefined
    ) return yield* Result.fail("a field is missing")
    yield* checkAlgorithm(tbsAlgorithm)
    yield* checkName(issuer)
    yield* checkName(subject)
    // RFC 5280 §4.1.1.2: the two fields for the signature algorithm must be equal.
    if (Buffer.compare(tbsAlgorithm.octets, algorithm.octets) !== 0) {
      return yield* Result.fail("it names two signature algorithms")
    }

    const [notBefore, notAfter, ...dates] = yield* readInside(validity.octets, tags.sequence)
    if (dates.length > 0) return yield* Result.fail("its validity is malformed")
    return {
      tbs: tbs.octets,
      algorithm: algorithm.octets,
      signature: signature.content.subarray(1),
      unusedBits: signature.content[0] ?? 0,
      version: yield* readVersion(versionField),
      serial: serial.content,
      issuerName: issuer.octets,
      subjectName: subject.octets,
      notBefore: yield* readTime(notBefore),
      notAfter: yield* readTime(notAfter),
      spki: spki.octets,
      extensions: yield* readExtensions(rest)
    }
  })

// RFC 5280 §4.1.2.1: [0] EXPLICIT INTEGER DEFAULT v1.
const readVersion = (versionField: Der | undefined): ReadResult<number> =>
  versionField === undefined ?
    Result.succeed(0) :
    Result.flatMap(readAll(versionField.content), ([version, ...more]) =>
      version?.tag !== tags.integer || more.length > 0
        ? notCertificate
        : Result.succeed(version.content.length === 1 ? version.content[0] ?? 0 : unknownVersion))

const unknownVersion = 255

// RFC 5280 §4.1.1.2: an OID, and optional parameters.
const checkAlgorithm = ({ octets }: Der): ReadResult<void> =>
  Result.flatMap(
    readInside(octets, tags.sequence),
    ([name, , ...more]) => name?.tag === tags.oid && more.length === 0 ? Result.void : notCertificate
  )

// RFC 5280 §4.1.2.4: sets of pairs of an OID and a value. Multi-octet strings must have whole characters.
const checkName = ({ octets }: Der): ReadResult<void> =>
  Result.flatMap(
    readInside(octets, tags.sequence),
    (sets) => sets.every((set) => set.tag === tags.set && isRdn(set.content)) ? Result.void : notCertificate
  )

const isRdn = (content: Uint8Array): boolean =>
  Result.match(readAll(content), {
    onFailure: () => false,
    onSuccess: (pairs) => pairs.every(isPair)
  })

const isPair = ({ octets }: Der): boolean =>
  Result.match(readInside(octets, tags.sequence), {
    onFailure: () => false,
    onSuccess: ([type, value, ...more]) =>
      type?.tag === tags.oid && value !== undefined && more.length === 0 &&
      value.content.length % (characterOctets.get(value.tag) ?? 1) === 0
  })

const characterOctets = new Map<number, number>([[tags.bmpString, 2], [tags.universalString, 4]])

// RFC 5280 §4.1.2.5: with seconds, in UTC; two-digit years are 1950 to 2049.
const readTime = (value: Der | undefined): ReadResult<number> => {
  const text = Buffer.from(value?.content ?? []).toString("latin1")
  const year = value?.tag === tags.utcTime ? (text < "5" ? "20" : "19") : value?.tag === tags.generalizedTime ? "" : "?"
  const iso = `${year}${text}`.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6.000Z")
  const instant = new Date(iso)
  // The comparison refuses dates such as 31 February, which `Date` converts to March.
  return !Number.isNaN(instant.getTime()) && instant.toISOString() === iso
    ? Result.succeed(instant.getTime())
    : Result.fail("its validity is malformed")
}

// issuerUniqueID, subjectUniqueID (RFC 5280 §4.1.2.8) and extensions: each at most once, in this order.
const trailingTags = [primitive(1), primitive(2), constructed(3)]

const readExtensions = (fields: ReadonlyArray<Der>): ReadResult<ReadonlyMap<string, Extension>> =>
  Result.gen(function*() {
    const places = fields.map(({ tag }) => trailingTags.indexOf(tag))
    if (places.some((place, index) => place <= (places[index - 1] ?? -1))) return yield* malformed
    const field = fields.find(({ tag }) => tag === constructed(3))
    if (field === undefined) return new Map()

    const extensions = new Map<string, Extension>()
    for (const element of yield* readInside(field.content, tags.sequence)) {
      const extension = yield* readExtension(element)
      // RFC 5280 §4.2: at most once, because two could contradict each other.
      if (extensions.has(extension.oid)) return yield* Result.fail(`extension ${extension.oid} occurs twice`)
      extensions.set(extension.oid, extension)
    }
    return extensions
  })

const readExtension = ({ octets }: Der): ReadResult<Extension> =>
  Result.gen(function*() {
    const fields = yield* readInside(octets, tags.sequence)
    const [name, flag] = fields
    const value = fields.at(-1)
    if (fields.length > 3 || flag === undefined || value?.tag !== tags.octetString) return yield* malformed
    return {
      oid: yield* readOid(name),
      critical: fields.length === 3 && (yield* readBoolean(flag)),
      value: value.content
    }
  })

const malformed = Result.fail("an extension is malformed")
