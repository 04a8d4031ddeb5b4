/**
 * SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): which kind of key, and how long.
 */
import { Result } from "effect"
import type { PublicKey } from "../Certificate.ts"
import { type Read, readInside, readOid, tags } from "../chain/der.ts"
import { isDer } from "../encoding/der.ts"

/** Reads the key's kind and length; of other kinds than those named, nothing but the frame is looked at. */
export const readPublicKey = (spki: Uint8Array): Read<PublicKey> =>
  Result.gen(function*() {
    const [identifier, key, ...more] = yield* readInside(spki, tags.sequence)
    if (identifier === undefined || key?.tag !== tags.bitString || more.length > 0) return yield* malformed
    const [name, parameters] = yield* readInside(identifier.octets, tags.sequence)
    const oid = yield* readOid(name)
    const octets = key.content.subarray(1) // after the count of unused bits
    switch (oid) {
      case "1.2.840.113549.1.1.1": // rsaEncryption, RFC 8017 §A.1
      case "1.2.840.113549.1.1.10": // id-RSASSA-PSS
        return { algorithm: "rsa", bits: yield* readModulusBits(octets), spki }
      case "1.2.840.10045.2.1": // id-ecPublicKey, RFC 5480 §2.1
        if (octets.length === 0) return yield* malformed
        return { algorithm: "ec", bits: yield* readCurveBits(parameters), spki }
      case "1.3.101.112": // RFC 8410 §3
        if (octets.length !== 32) return yield* malformed
        return { algorithm: "ed25519", bits: 256, spki }
      case "1.3.101.113":
        if (octets.length !== 57) return yield* malformed
        return { algorithm: "ed448", bits: 448, spki }
      default:
        return { algorithm: "other", bits: 0, spki }
    }
  })

const malformed = Result.fail("its public key is malformed")

const readModulusBits = (key: Uint8Array): Read<number> => {
  if (!isDer(key)) return malformed
  return Result.flatMap(readInside(key, tags.sequence), ([modulus, exponent]) => {
    if (modulus?.tag !== tags.integer || exponent?.tag !== tags.integer) return malformed
    const digits = Buffer.from(modulus.content).toString("hex").replace(/^(00)+/, "")
    return Result.succeed(
      digits === "" ? 0 : digits.length * 4 - Math.clz32(Number.parseInt(digits.slice(0, 2), 16)) + 24
    )
  })
}

// RFC 5480 §2.1.1.1, SEC 2, RFC 5639 §4.1. Unnamed curves have no place in certificates.
const curves: ReadonlyMap<string, number> = new Map([
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

const readCurveBits = (parameters: Parameters<typeof readOid>[0]): Read<number> =>
  parameters?.tag === tags.oid ? Result.map(readOid(parameters), (oid) => curves.get(oid) ?? 0) : Result.succeed(0)
