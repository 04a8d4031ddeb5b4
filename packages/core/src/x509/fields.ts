/**
 * Reads the fields of a certificate (RFC 5280 §4.1). What decides has to be well-formed: the frame, which tells the
 * fields apart, and the validity. Every other part that is malformed is left out (POSH-MAT-07).
 */
import { Result } from "effect"
import { certificateLimits } from "../Limits.ts"
import { isDer } from "./der.ts"
import { constructed, type Der, readAll, readFirst, readInside, readOne, type ReadResult, tags } from "./derReader.ts"
import { type Extension, readExtensionList } from "./extensionList.ts"
import { readValidity, type Validity } from "./time.ts"

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
  /** SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
  /** By OID. */
  readonly extensions: ReadonlyMap<string, Extension>
  /**
   * What is malformed, for a person, up to `certificateLimits.faults`. EVERY FIELD BUT THE VALIDITY MAY BE MALFORMED
   * unless this is empty.
   */
  readonly faults: ReadonlyArray<string>
}

/** Reads a certificate; fails unless the octets are exactly one with a well-formed frame and validity. */
export const readFields = (der: Uint8Array): ReadResult<Fields> =>
  Result.flatMap(
    readFrame(der),
    (frame) =>
      Result.map(readValidity(frame.validity.octets), ({ notAfter, notBefore }) => {
        const version = readVersion(frame.version)
        const { extensions, faults } = readExtensionList(frame.rest)
        const checks = [
          version,
          isDer(frame.serial.octets) ? sound : Result.fail("its serial number is malformed"),
          checkAlgorithms(frame),
          checkName(frame.issuer, "issuer"),
          checkName(frame.subject, "subject"),
          isDer(frame.signature.octets) ? sound : Result.fail("its signature is malformed")
        ]
        return {
          tbs: frame.tbs.octets,
          algorithm: frame.algorithm.octets,
          signature: frame.signature.content.subarray(1),
          unusedBits: frame.signature.content[0] ?? 0,
          version: Result.getOrElse(version, () => unknownVersion),
          serial: frame.serial.content,
          issuerName: frame.issuer.octets,
          subjectName: frame.subject.octets,
          notBefore,
          notAfter,
          spki: frame.spki.octets,
          extensions,
          faults: boundFaults([...failuresOf(checks), ...faults])
        }
      })
  )

/** The failures among results. */
export const failuresOf = (results: ReadonlyArray<ReadResult<unknown>>): ReadonlyArray<string> =>
  results.flatMap((result) => Result.isFailure(result) ? [result.failure] : [])

/** As many faults as are kept: certificates are cached. */
export const boundFaults = (faults: ReadonlyArray<string>): ReadonlyArray<string> =>
  faults.slice(0, certificateLimits.faults)

/** The fields, told apart by their places and tags. Their contents are not read yet. */
interface Frame {
  readonly tbs: Der
  readonly algorithm: Der
  readonly signature: Der
  readonly version: Der | undefined
  readonly serial: Der
  readonly innerAlgorithm: Der
  readonly issuer: Der
  readonly validity: Der
  readonly subject: Der
  readonly spki: Der
  /** What follows the public key. */
  readonly rest: Uint8Array
}

const readFrame = (der: Uint8Array): ReadResult<Frame> => {
  const whole = readOne(der, tags.sequence)
  if (Result.isFailure(whole)) return Result.fail("it is not exactly one DER value")
  const [tbs, algorithm, signature] = Result.getOrElse(readAll(whole.success.content, 3), () => [])
  if (tbs?.tag !== tags.sequence || algorithm?.tag !== tags.sequence || signature?.tag !== tags.bitString) {
    return Result.fail("it is not an X.509 certificate")
  }
  const isVersioned = tbs.content[0] === constructed(0)
  const { rest, values } = readFirst(tbs.content, isVersioned ? 7 : 6)
  const version = isVersioned ? values[0] : undefined
  const [serial, innerAlgorithm, issuer, validity, subject, spki] = isVersioned ? values.slice(1) : values
  return serial?.tag === tags.integer && isSequence(innerAlgorithm) && isSequence(issuer) && isSequence(validity) &&
      isSequence(subject) && isSequence(spki)
    ? Result.succeed({
      tbs,
      algorithm,
      signature,
      version,
      serial,
      innerAlgorithm,
      issuer,
      validity,
      subject,
      spki,
      rest
    })
    : Result.fail("a field is missing")
}

const isSequence = (value: Der | undefined): value is Der => value?.tag === tags.sequence

// RFC 5280 §4.1.2.1: [0] EXPLICIT INTEGER DEFAULT v1.
const readVersion = (field: Der | undefined): ReadResult<number> => {
  if (field === undefined) return Result.succeed(0)
  const version = readOne(field.content, tags.integer)
  if (Result.isFailure(version) || !isDer(field.content)) return Result.fail("its version is malformed")
  const { content } = version.success
  return Result.succeed(content.length === 1 ? content[0] ?? 0 : unknownVersion)
}

const unknownVersion = 255

const sound: ReadResult<void> = Result.void

// RFC 5280 §4.1.1.2: an OID, and optional parameters, twice the same.
const checkAlgorithms = ({ algorithm, innerAlgorithm }: Frame): ReadResult<void> => {
  if (Buffer.compare(algorithm.octets, innerAlgorithm.octets) !== 0) {
    return Result.fail("it names two signature algorithms")
  }
  const [name] = isDer(algorithm.octets) ? Result.getOrElse(readAll(algorithm.content, 2), () => []) : []
  return name?.tag === tags.oid ? sound : Result.fail("its signature algorithm is malformed")
}

// RFC 5280 §4.1.2.4: sets of pairs of an OID and a value. Multi-octet strings must have whole characters.
const checkName = ({ content, octets }: Der, what: string): ReadResult<void> =>
  isDer(octets) &&
    Result.getOrElse(readAll(content), () => []).every((set) => set.tag === tags.set && isRdn(set.content))
    ? sound
    : Result.fail(`its ${what} is malformed`)

const isRdn = (content: Uint8Array): boolean => Result.getOrElse(readAll(content), () => []).every(isPair)

const isPair = ({ octets }: Der): boolean => {
  const [type, value] = Result.getOrElse(readInside(octets, tags.sequence, 2), () => [])
  return type?.tag === tags.oid && value !== undefined &&
    value.content.length % (characterOctets.get(value.tag) ?? 1) === 0
}

const characterOctets = new Map<number, number>([[tags.bmpString, 2], [tags.universalString, 4]])
