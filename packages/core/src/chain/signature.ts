/**
 * Which signatures count, and whether one holds. OpenSSL's own check would accept algorithms that its TLS refuses
 * (requirements D.7), so the policy is a list here, and what the list names is what is computed.
 */
import { Result } from "effect"
import { constants, createPublicKey, type KeyObject, verify } from "node:crypto"
import {
  constructed,
  type Der,
  type Read,
  readAll,
  readCount,
  readInside,
  readOid,
  tags
} from "../encoding/derReader.ts"
import { chainLimits } from "../Limits.ts"

/** What `node:crypto` needs to know of a signature. */
interface Algorithm {
  readonly keys: ReadonlyArray<string | undefined>
  readonly hash: string | undefined
  readonly pss?: { readonly saltLength: number }
}

export interface Signed {
  /** The DER octets that were signed. */
  readonly tbs: Uint8Array
  /** AlgorithmIdentifier. */
  readonly algorithm: Uint8Array
  readonly signature: Uint8Array
}

/** Checks a signature with the issuer's SubjectPublicKeyInfo; fails with what is wrong. */
export const checkSignature = (signed: Signed, spki: Uint8Array, allowSha1: boolean): Read<void> =>
  Result.gen(function*() {
    const algorithm = yield* readAlgorithm(signed.algorithm)
    if (algorithm.hash === "sha1" && !allowSha1) return yield* Result.fail("SHA-1 signatures are not accepted")
    if (!holds(algorithm, signed, spki)) return yield* Result.fail("the signature is not the issuer's")
  })

const rsa = (hash: string): Algorithm => ({ keys: ["rsa"], hash })
const ecdsa = (hash: string): Algorithm => ({ keys: ["ec"], hash })

// RFC 8017, RFC 5758, RFC 8410. MD2 and MD5 are left out for good; SHA-1 depends on configuration (A.4 V2).
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

const readAlgorithm = (identifier: Uint8Array): Read<Algorithm> =>
  Result.gen(function*() {
    const [name, parameters] = yield* readInside(identifier, tags.sequence)
    const oid = yield* readOid(name)
    if (oid === rsassaPss) return yield* readPss(parameters)
    const algorithm = algorithms.get(oid)
    return algorithm ?? (yield* Result.fail(`signature algorithm ${oid} is not accepted`))
  })

// RFC 4055 §3.1: hash, mask generation and salt length, each with a default; only one hash for both is accepted.
const readPss = (parameters: Der | undefined): Read<Algorithm> =>
  Result.gen(function*() {
    const fields = parameters === undefined ? [] : yield* readInside(parameters.octets, tags.sequence)
    const field = (number: number) => fields.find(({ tag }) => tag === constructed(number))?.content
    const hash = yield* readHash(field(0))
    const mask = yield* readMask(field(1))
    const [salt] = yield* readAll(field(2) ?? new Uint8Array())
    const saltLength = salt === undefined ? 20 : yield* readCount(salt)
    if (hash === undefined || hash !== mask) return yield* Result.fail("RSASSA-PSS parameters are not accepted")
    return { keys: ["rsa", "rsa-pss"], hash, pss: { saltLength } }
  })

const readHash = (identifier: Uint8Array | undefined): Read<string | undefined> =>
  identifier === undefined
    ? Result.succeed("sha1")
    : Result.map(Result.flatMap(readInside(identifier, tags.sequence), ([name]) => readOid(name)), (oid) =>
      hashes.get(oid))

const readMask = (identifier: Uint8Array | undefined): Read<string | undefined> =>
  Result.gen(function*() {
    if (identifier === undefined) return "sha1"
    const [name, hash] = yield* readInside(identifier, tags.sequence)
    return (yield* readOid(name)) === mgf1 ? yield* readHash(hash?.octets) : undefined
  })

// OpenSSL throws on keys that it cannot read or use; such a key has signed nothing.
const holds = (algorithm: Algorithm, { signature, tbs }: Signed, spki: Uint8Array): boolean =>
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

// What costs OpenSSL more than two milliseconds a signature, no CA uses: other curves, and RSA keys beyond all measure.
const isBounded = ({ asymmetricKeyDetails }: KeyObject): boolean => {
  const { modulusLength, namedCurve, publicExponent } = asymmetricKeyDetails ?? {}
  return (modulusLength === undefined || modulusLength <= chainLimits.rsaModulusBits) &&
    (publicExponent === undefined || publicExponent < 1n << BigInt(chainLimits.rsaExponentBits)) &&
    (namedCurve === undefined || curves.has(namedCurve))
}

const curves: ReadonlySet<string> = new Set(["prime256v1", "secp384r1", "secp521r1"])
