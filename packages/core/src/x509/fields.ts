/**
 * Reads the fields of a certificate (RFC 5280 §4.1). What decides has to be well-formed: the frame, which tells the
 * fields apart, and the validity. Every other part that is malformed is left out (POSH-MAT-07).
 */
import { Result } from "effect"
import { certificateLimits } from "../Limits.ts"
import { type Header, isDer, readHeader } from "./der.ts"
import { constructed, type Der, derAt, readAll, readInside, readOne, type ReadResult, tags } from "./derReader.ts"
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
    locateFrame(der),
    (frame) => Result.map(readValidity(der, frame.validity), (validity) => toFields(der, frame, validity))
  )

/**
 * Reads the validity alone; fails where {@link readFields} fails. Looks at some twelve places, and at none of the parts that
 * may be malformed.
 */
export const readDates = (der: Uint8Array): ReadResult<Validity> => {
  const frame = locateFrame(der)
  return Result.isFailure(frame) ? Result.fail(frame.failure) : readValidity(der, frame.success.validity)
}

/** Finds the subject's DER `Name` alone; fails unless the frame is well-formed. */
export const locateSubject = (der: Uint8Array): ReadResult<Uint8Array> =>
  Result.map(locateFrame(der), ({ subject }) => derAt(der, subject).octets)

const toFields = (der: Uint8Array, frame: Frame, { notAfter, notBefore }: Validity): Fields => {
  const [tbs, algorithm, signature] = [derAt(der, frame.tbs), derAt(der, frame.algorithm), derAt(der, frame.signature)]
  const [issuer, subject, serial] = [derAt(der, frame.issuer), derAt(der, frame.subject), derAt(der, frame.serial)]
  const version = readVersion(frame.version === undefined ? undefined : derAt(der, frame.version))
  const { extensions, faults } = readExtensionList(der.subarray(frame.spki.end, frame.tbs.end))
  const checks = [
    version,
    isDer(serial.octets) ? sound : Result.fail("its serial number is malformed"),
    checkAlgorithms(algorithm, derAt(der, frame.innerAlgorithm)),
    checkName(issuer, "issuer"),
    checkName(subject, "subject"),
    isDer(signature.octets) ? sound : Result.fail("its signature is malformed")
  ]
  return {
    tbs: tbs.octets,
    algorithm: algorithm.octets,
    signature: signature.content.subarray(1),
    unusedBits: signature.content[0] ?? 0,
    version: Result.getOrElse(version, () => unknownVersion),
    serial: serial.content,
    issuerName: issuer.octets,
    subjectName: subject.octets,
    notBefore,
    notAfter,
    spki: derAt(der, frame.spki).octets,
    extensions,
    faults: boundFaults([...failuresOf(checks), ...faults])
  }
}

/** The failures among results. */
export const failuresOf = (results: ReadonlyArray<ReadResult<unknown>>): ReadonlyArray<string> =>
  results.flatMap((result) => Result.isFailure(result) ? [result.failure] : [])

/** As many faults as are kept: certificates are cached. */
export const boundFaults = (faults: ReadonlyArray<string>): ReadonlyArray<string> =>
  faults.slice(0, certificateLimits.faults)

/** The fields, told apart by their places and tags. Their contents are not read yet. */
interface Frame {
  readonly tbs: Header
  readonly algorithm: Header
  readonly signature: Header
  readonly version: Header | undefined
  readonly serial: Header
  readonly innerAlgorithm: Header
  readonly issuer: Header
  readonly validity: Header
  readonly subject: Header
  /** The extensions, and what else may follow, are between its end and that of `tbs`. */
  readonly spki: Header
}

// Positions, not views: a certificate that is only hashed and dated, as most are, is not worth twenty views.
const locateFrame = (der: Uint8Array): ReadResult<Frame> => {
  const whole = readHeader(der, 0, der.length)
  if (whole?.tag !== tags.sequence || whole.end !== der.length) return Result.fail("it is not exactly one DER value")
  const tbs = tagged(der, tags.sequence, whole.start, whole.end)
  const algorithm = tagged(der, tags.sequence, tbs?.end, whole.end)
  const signature = tagged(der, tags.bitString, algorithm?.end, whole.end)
  if (tbs === undefined || algorithm === undefined || signature?.end !== whole.end) {
    return Result.fail("it is not an X.509 certificate")
  }
  const version = tagged(der, constructed(0), tbs.start, tbs.end)
  const serial = tagged(der, tags.integer, version?.end ?? tbs.start, tbs.end)
  const innerAlgorithm = tagged(der, tags.sequence, serial?.end, tbs.end)
  const issuer = tagged(der, tags.sequence, innerAlgorithm?.end, tbs.end)
  const validity = tagged(der, tags.sequence, issuer?.end, tbs.end)
  const subject = tagged(der, tags.sequence, validity?.end, tbs.end)
  const spki = tagged(der, tags.sequence, subject?.end, tbs.end)
  return serial === undefined || innerAlgorithm === undefined || issuer === undefined || validity === undefined ||
      subject === undefined || spki === undefined
    ? Result.fail("a field is missing")
    : Result.succeed({ tbs, algorithm, signature, version, serial, innerAlgorithm, issuer, validity, subject, spki })
}

/** The value at this place, if it is well-formed and has this tag. */
const tagged = (der: Uint8Array, tag: number, at: number | undefined, limit: number): Header | undefined => {
  const header = at === undefined ? undefined : readHeader(der, at, limit)
  return header?.tag === tag ? header : undefined
}

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
const checkAlgorithms = (algorithm: Der, innerAlgorithm: Der): ReadResult<void> => {
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
