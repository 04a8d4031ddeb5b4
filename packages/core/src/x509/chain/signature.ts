/**
 * Checks signatures of certificates. OpenSSL alone would accept algorithms that its TLS refuses (requirements D.7), so
 * a list here has the accepted algorithms, and exactly those are computed.
 */
import { Result } from "effect"
import { constants, createPublicKey, type KeyObject, verify } from "node:crypto"
import { chainLimits } from "../../Limits.ts"
import { constructed, type Der, readCount, readInside, readOid, readOne, type ReadResult, tags } from "../derReader.ts"
import type { Fields } from "../fields.ts"
import { readPublicKey } from "../publicKey.ts"

/** A signature algorithm for `node:crypto`. */
interface Algorithm {
  readonly keys: ReadonlyArray<string | undefined>
  readonly hash: string | undefined
  readonly pss?: { readonly saltLength: number }
}

/** The parts of a certificate for checking its signature. */
export type SignedParts = Pick<Fields, "tbs" | "algorithm" | "signature">

/** Checks a signature with the issuer's SubjectPublicKeyInfo. */
export const checkSignature = (signed: SignedParts, spki: Uint8Array, allowSha1: boolean): ReadResult<void> =>
  Result.gen(function*() {
    const algorithm = yield* readAlgorithm(signed.algorithm)
    if (algorithm.hash === "sha1" && !allowSha1) return yield* Result.fail("SHA-1 signatures are not accepted")
    if (!isValid(algorithm, signed, spki)) return yield* Result.fail("the signature is not the issuer's")
  })

/** Does the algorithm use SHA-1? */
export const isSha1 = ({ algorithm }: SignedParts): boolean =>
  Result.match(readAlgorithm(algorithm), { onFailure: () => false, onSuccess: ({ hash }) => hash === "sha1" })

/** Cost of checking a signature with this key; the unit is a P-384 signature (`chainLimits.signatures`). */
export const costOf = (spki: Uint8Array): number =>
  Result.match(readPublicKey(spki), {
    onFailure: () => 1,
    onSuccess: ({ algorithm, bits }) => {
      if (algorithm === "ec") return bits > 384 ? 3 : 1
      return algorithm === "rsa" && bits > 4_096 ? 2 : 1
    }
  })

const rsa = (hash: string): Algorithm => ({ keys: ["rsa"], hash })
const ecdsa = (hash: string): Algorithm => ({ keys: ["ec"], hash })

// RFC 8017, RFC 5758, RFC 8410. MD2 and MD5 are never accepted; SHA-1 depends on the configuration (A.4 V2).
const algorithms = new Map<string, Algorithm>([
  ["1.2.840.113549.1.1.5", rsa("sha1")],
  ["1.2.840.113549.1.1.11", rsa("sha256")],
  ["1.2.840.113549.1.1.12", rsa("sha384")],
  ["1.2.840.113549.1.1.13", rsa("sha512")],
  ["1.2.840.10045.4.1", ecdsa("sha1")],
  ["1.2.840.10045.4.3.2", ecdsa("sha256")],
  ["1.2.840.10045.4.3.3", ecdsa("sha384")],
  ["1.2.840.10045.4.3.4", ecdsa("sha512")],
  ["1.3.101.112", { keys: ["ed25519"], hash: undefined }],
  ["1.3.101.113", { keys: ["ed448"], hash: undefined }]
])

const rsassaPss = "1.2.840.113549.1.1.10"
const mgf1 = "1.2.840.113549.1.1.8"

const hashes = new Map([
  ["1.3.14.3.2.26", "sha1"],
  ["2.16.840.1.101.3.4.2.1", "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"]
])

const readAlgorithm = (identifier: Uint8Array): ReadResult<Algorithm> =>
  Result.gen(function*() {
    const [name, parameters, ...more] = yield* readInside(identifier, tags.sequence)
    const oid = yield* readOid(name)
    if (oid === rsassaPss && more.length === 0) return yield* readPss(parameters)
    const algorithm = algorithms.get(oid)
    return algorithm !== undefined && isAbsentOrNull(parameters) && more.length === 0
      ? algorithm
      : yield* Result.fail(`signature algorithm ${oid} is not accepted`)
  })

// RFC 4055 §5, RFC 5758 §3.2: NULL or absent. Other parameters could change the algorithm.
const isAbsentOrNull = (parameters: Der | undefined): boolean =>
  parameters === undefined || (parameters.tag === tags.null && parameters.content.length === 0)

// RFC 4055 §3.1: hash, mask generation, salt length and trailer, each with a default, in this order. Accepted only if
// hash and mask generation use the same hash, and the trailer is 1, the only one defined.
const readPss = (parameters: Der | undefined): ReadResult<Algorithm> =>
  Result.gen(function*() {
    const fields = parameters === undefined ? [] : yield* readInside(parameters.octets, tags.sequence)
    const places = fields.map(({ tag }) => pssFields.indexOf(tag))
    if (places.some((place, index) => place <= (places[index - 1] ?? -1))) return yield* notAccepted
    const field = (number: number) => fields.find(({ tag }) => tag === constructed(number))?.content
    const hash = yield* readHash(field(0))
    const mask = yield* readMask(field(1))
    const saltLength = yield* readNumber(field(2), 20)
    const trailer = yield* readNumber(field(3), 1)
    if (hash === undefined || hash !== mask || trailer !== 1) return yield* notAccepted
    return { keys: ["rsa", "rsa-pss"], hash, pss: { saltLength } }
  })

const pssFields = [constructed(0), constructed(1), constructed(2), constructed(3)]

const notAccepted = Result.fail("RSASSA-PSS parameters are not accepted")

const readNumber = (field: Uint8Array | undefined, defaultValue: number): ReadResult<number> =>
  field === undefined ? Result.succeed(defaultValue) : Result.flatMap(readOne(field, tags.integer), readCount)

const readHash = (identifier: Uint8Array | undefined): ReadResult<string | undefined> =>
  Result.gen(function*() {
    if (identifier === undefined) return "sha1"
    const [name, parameters, ...more] = yield* readInside(identifier, tags.sequence)
    const oid = yield* readOid(name)
    return isAbsentOrNull(parameters) && more.length === 0 ? hashes.get(oid) : undefined
  })

const readMask = (identifier: Uint8Array | undefined): ReadResult<string | undefined> =>
  Result.gen(function*() {
    if (identifier === undefined) return "sha1"
    const [name, hash, ...more] = yield* readInside(identifier, tags.sequence)
    return (yield* readOid(name)) === mgf1 && more.length === 0 ? yield* readHash(hash?.octets) : undefined
  })

// OpenSSL throws on keys that it cannot parse or use; then the signature is invalid.
const isValid = (algorithm: Algorithm, { signature, tbs }: SignedParts, spki: Uint8Array): boolean =>
  Result.getOrElse(
    Result.try(() => {
      const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" })
      if (!algorithm.keys.includes(key.asymmetricKeyType) || !isBounded(key)) return false
      const padding = algorithm.pss === undefined
        ? {}
        : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: algorithm.pss.saltLength }
      return verify(algorithm.hash, tbs, { key, ...padding }, signature)
    }),
    () => false
  )

// Refuses keys that take OpenSSL more than two milliseconds a signature (other curves, huge RSA keys); no CA uses them.
const isBounded = ({ asymmetricKeyDetails }: KeyObject): boolean => {
  const { modulusLength, namedCurve, publicExponent } = asymmetricKeyDetails ?? {}
  return (modulusLength === undefined || modulusLength <= chainLimits.rsaModulusBits) &&
    (publicExponent === undefined || publicExponent < 1n << BigInt(chainLimits.rsaExponentBits)) &&
    (namedCurve === undefined || curves.has(namedCurve))
}

const curves: ReadonlySet<string> = new Set(["prime256v1", "secp384r1", "secp521r1"])
