/**
 * The public key in the members of a JWK, and its comparison with a certificate's key (RFC 7518 §6, RFC 8037 §2).
 */
import { Result } from "effect"
import { ECDH } from "node:crypto"
import { decodeBase64Url } from "../../../encoding/base64.ts"
import type { JsonObject } from "../../../encoding/json.ts"
import type { Lint, LintCode } from "../../../Lint.ts"
import { minimal, readKeyValue } from "../../../x509/publicKey.ts"

/** Makes the finding that explains why an entry is unusable. */
export type MakeFault = (code: LintCode, member?: string, detail?: string) => Result.Result<never, Lint>

interface KeyType {
  readonly kind: "rsa" | "ec" | "okp"
  /** Names of the members that hold the key. */
  readonly members: ReadonlyArray<string>
  /** Length of each member, if the key type fixes it. */
  readonly octets?: number
  /** Name of the curve in certificates: a dotted OID, or an algorithm. */
  readonly curve?: string
  /** Name of the curve in OpenSSL. */
  readonly group?: string
}

export interface JwkKey extends KeyType {
  readonly values: ReadonlyArray<Uint8Array>
  /** Members with leading zero octets (POSH-FMT-27). */
  readonly padded: ReadonlyArray<string>
}

const rsa: KeyType = { kind: "rsa", members: ["n", "e"] }

// POSH-FMT-28: a coordinate has the full length of the field.
const curves: { readonly [kty in "EC" | "OKP"]: ReadonlyMap<string, KeyType> } = {
  EC: new Map<string, KeyType>([
    ["P-256", { kind: "ec", members: ["x", "y"], octets: 32, curve: "1.2.840.10045.3.1.7", group: "prime256v1" }],
    ["P-384", { kind: "ec", members: ["x", "y"], octets: 48, curve: "1.3.132.0.34", group: "secp384r1" }],
    ["P-521", { kind: "ec", members: ["x", "y"], octets: 66, curve: "1.3.132.0.35", group: "secp521r1" }]
  ]),
  OKP: new Map<string, KeyType>([
    ["Ed25519", { kind: "okp", members: ["x"], octets: 32, curve: "ed25519" }],
    ["Ed448", { kind: "okp", members: ["x"], octets: 57, curve: "ed448" }]
  ])
}

/** Reads the key type, and checks that its members are present as text. Does not decode them. */
export const readKeyType = (jwk: JsonObject, fault: MakeFault): Result.Result<KeyType, Lint> =>
  Result.gen(function*() {
    const kty = yield* readText(jwk, "kty", fault)
    if (kty !== "RSA" && kty !== "EC" && kty !== "OKP") return yield* fault("JwkUnsupportedKeyType", ".kty")
    const type = kty === "RSA" ? rsa : curves[kty].get(yield* readText(jwk, "crv", fault))
    if (type === undefined) return yield* fault("JwkUnsupportedKeyType", ".crv")
    for (const member of type.members) yield* readText(jwk, member, fault)
    return type
  })

/** Decodes the members of the key. */
export const readJwkKey = (type: KeyType, jwk: JsonObject, fault: MakeFault): Result.Result<JwkKey, Lint> =>
  Result.gen(function*() {
    const values: Array<Uint8Array> = []
    for (const member of type.members) {
      const octets = decodeBase64Url(yield* readText(jwk, member, fault))
      if (octets === undefined) return yield* fault("JwkBadBase64", `.${member}`)
      if (octets.length === 0 || octets.length !== (type.octets ?? octets.length)) {
        return yield* fault(
          "JwkMissingMember",
          `.${member}`,
          "it does not have the length that the key type requires"
        )
      }
      values.push(octets)
    }
    const padded = type.kind === "rsa" ? type.members.filter((_, index) => values[index]?.[0] === 0) : []
    return { ...type, values, padded }
  })

/** Is this the certificate's key? Compares numbers, not their encodings (POSH-FMT-26). */
export const isKeyOf = ({ curve, group, kind, values }: JwkKey, spki: Uint8Array): boolean => {
  const [first = empty, second = empty] = values
  const key = Result.getOrUndefined(readKeyValue(spki))
  switch (key?.algorithm) {
    case "rsa":
      return kind === "rsa" && equal(minimal(first), key.modulus) && equal(minimal(second), key.exponent)
    case "ec":
      return kind === "ec" && key.curve === curve && group !== undefined &&
        equal(uncompressed(key.point, group), Buffer.concat([Uint8Array.of(4), first, second]))
    case "ed25519":
    case "ed448":
      return kind === "okp" && key.algorithm === curve && equal(first, key.octets)
    default:
      return false
  }
}

const empty = new Uint8Array()

const equal = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

// RFC 5480 §2.2: a point may be compressed to x and one bit of y.
const uncompressed = (point: Uint8Array, group: string): Uint8Array =>
  point[0] === 4
    ? point
    : Result.getOrElse(
      Result.try(() => Buffer.from(ECDH.convertKey(point, group, undefined, undefined, "uncompressed"))),
      () => empty
    )

const readText = (jwk: JsonObject, name: string, fault: MakeFault): Result.Result<string, Lint> => {
  const value = jwk.get(name)
  return typeof value === "string" ? Result.succeed(value) : fault("JwkMissingMember", `.${name}`)
}
