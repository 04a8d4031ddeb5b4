/**
 * SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): the public key as numbers.
 */
import { Result } from "effect"
import { isDer } from "./der.ts"
import { readInside, readOid, type ReadResult, tags } from "./derReader.ts"

export interface PublicKey {
  readonly algorithm: "rsa" | "ec" | "ed25519" | "ed448" | "other"
  /** Bits of the RSA modulus or of the curve; 0 if unknown. */
  readonly bits: number
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
}

/** The value of a public key, for comparison. */
export type KeyValue =
  /** Unsigned integers, big-endian, without leading zeros. */
  | { readonly algorithm: "rsa"; readonly modulus: Uint8Array; readonly exponent: Uint8Array }
  /** `curve` is a dotted OID, empty if the curve is not named; `point` as in SEC 1 §2.3.3, possibly compressed. */
  | { readonly algorithm: "ec"; readonly curve: string; readonly point: Uint8Array }
  | { readonly algorithm: "ed25519" | "ed448"; readonly octets: Uint8Array }
  /** Any other algorithm; its key is not parsed. */
  | { readonly algorithm: "other" }

/** Reads the algorithm and length of a key. */
export const readPublicKey = (spki: Uint8Array): ReadResult<PublicKey> =>
  Result.map(readKeyValue(spki), (key) => ({ algorithm: key.algorithm, bits: bitsOf(key), spki }))

/** A key that cannot be read. It equals no JWK, and has no length. */
export const unreadableKey = (spki: Uint8Array): PublicKey => ({ algorithm: "other", bits: 0, spki })

/** Reads the value of a key. WHETHER A POINT LIES ON ITS CURVE IS NOT CHECKED. */
export const readKeyValue = (spki: Uint8Array): ReadResult<KeyValue> =>
  Result.mapError(isDer(spki) ? readFrame(spki) : malformed, () => "its public key is malformed")

const readFrame = (spki: Uint8Array): ReadResult<KeyValue> =>
  Result.gen(function*() {
    const [identifier, key, ...more] = yield* readInside(spki, tags.sequence)
    if (identifier === undefined || key?.tag !== tags.bitString || more.length > 0) return yield* malformed
    const [name, parameters] = yield* readInside(identifier.octets, tags.sequence)
    const octets = key.content.subarray(1) // after the count of unused bits
    switch (yield* readOid(name)) {
      case "1.2.840.113549.1.1.1": // rsaEncryption, RFC 8017 §A.1
      case "1.2.840.113549.1.1.10": // id-RSASSA-PSS
        return yield* readRsa(octets)
      case "1.2.840.10045.2.1": { // id-ecPublicKey, RFC 5480 §2.1
        if (octets.length === 0) return yield* malformed
        const curve = parameters?.tag === tags.oid ? yield* readOid(parameters) : ""
        return { algorithm: "ec", curve, point: octets }
      }
      case "1.3.101.112": // RFC 8410 §3
        return octets.length === 32 ? { algorithm: "ed25519", octets } : yield* malformed
      case "1.3.101.113":
        return octets.length === 57 ? { algorithm: "ed448", octets } : yield* malformed
      default:
        return { algorithm: "other" }
    }
  })

/** Removes the leading zero octets of an unsigned integer. */
export const minimal = (integer: Uint8Array): Uint8Array => {
  const first = integer.findIndex((octet) => octet !== 0)
  return first < 0 ? integer.subarray(0, 0) : integer.subarray(first)
}

const malformed = Result.fail("malformed")

// RFC 8017 §A.1.1
const readRsa = (key: Uint8Array): ReadResult<KeyValue> => {
  if (!isDer(key)) return malformed
  return Result.flatMap(
    readInside(key, tags.sequence),
    ([modulus, exponent, ...more]) =>
      modulus?.tag === tags.integer && exponent?.tag === tags.integer && more.length === 0
        ? Result.succeed({ algorithm: "rsa", modulus: minimal(modulus.content), exponent: minimal(exponent.content) })
        : malformed
  )
}

const bitsOf = (key: KeyValue): number => {
  switch (key.algorithm) {
    case "rsa":
      return key.modulus.length === 0 ? 0 : key.modulus.length * 8 + 24 - Math.clz32(key.modulus[0] ?? 0)
    case "ec":
      return curveBits.get(key.curve) ?? 0
    case "ed25519":
      return 256
    case "ed448":
      return 448
    case "other":
      return 0
  }
}

// RFC 5480 §2.1.1.1, SEC 2, RFC 5639 §4.1
const curveBits: ReadonlyMap<string, number> = new Map([
  ["1.2.840.10045.3.1.1", 192],
  ["1.3.132.0.33", 224],
  ["1.2.840.10045.3.1.7", 256],
  ["1.3.132.0.10", 256],
  ["1.3.132.0.34", 384],
  ["1.3.132.0.35", 521],
  ["1.3.36.3.3.2.8.1.1.7", 256],
  ["1.3.36.3.3.2.8.1.1.11", 384],
  ["1.3.36.3.3.2.8.1.1.13", 512]
])
