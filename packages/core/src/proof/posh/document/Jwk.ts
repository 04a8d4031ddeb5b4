/**
 * One entry of a JWK Set: a certificate with its chain, and the certificate's public key (RFC 7517 §4).
 */
import { Result } from "effect"
import { hash } from "node:crypto"
import type { JwkEntry } from "../../../association/Material.ts"
import { decodeBase64, decodeBase64Url } from "../../../encoding/base64.ts"
import { type Json, JsonObject } from "../../../encoding/json.ts"
import { printable } from "../../../encoding/quote.ts"
import { type Lint, lint } from "../../../Lint.ts"
import { type Certificate, parseCertificate } from "../../../x509/Certificate.ts"
import { type Issuer, keepIssuers, placeholder, readIssuer } from "./issuers.ts"
import { isKeyOf, type MakeFault, readJwkKey, readKeyType } from "./jwkKey.ts"
import { lintUse } from "./keyUse.ts"

export interface ParsedJwk {
  readonly entry: JwkEntry
  readonly lints: ReadonlyArray<Lint>
}

/** Reads an entry; fails with the finding that makes it unusable (POSH-FMT-21, POSH-FMT-22). */
export const readJwk = (value: Json, index: number): Result.Result<ParsedJwk, Lint> =>
  Result.gen(function*() {
    const path = `keys[${index}]`
    const fault = faultAt(path)
    if (!(value instanceof JsonObject)) return yield* fault("JwkMissingMember", "", "the entry is not an object")
    // POSH-FMT-30. The finding says that there is a private member, never its value.
    if (privateMembers.some((name) => value.has(name))) return yield* fault("JwkPrivateKeyExposed")

    const type = yield* readKeyType(value, fault)
    const [leafText, ...issuerTexts] = yield* readX5c(value, fault)
    const leaf = yield* readLeaf(leafText, fault)
    const key = yield* readJwkKey(type, value, fault)
    if (!isKeyOf(key, leaf.publicKey.spki)) return yield* fault("JwkKeyMismatch")
    yield* checkThumbprints(value, leaf, fault)

    const issuers = issuerTexts.map((text) => readIssuer(decodeDer(text) ?? placeholder))
    const kid = value.get("kid")
    return {
      entry: {
        index,
        ...(typeof kid === "string" ? { kid: printable(kid) } : {}),
        chain: [leaf.der, ...keepIssuers(leaf.der, issuers)],
        notBefore: leaf.notBefore,
        notAfter: leaf.notAfter,
        sha256: leaf.sha256,
        spkiSha256: new Uint8Array(hash("sha256", leaf.publicKey.spki, "buffer"))
      },
      lints: [
        ...(kid === undefined || typeof kid === "string" ? [] : [lint("KidNotString", "warning", `${path}.kid`)]),
        ...key.padded.map((name) => lint("NonMinimalInteger", "info", `${path}.${name}`)),
        ...lintUse(value, leaf.keyUsage, path),
        ...lintLeafParts(leaf, path),
        ...lintIssuers(issuers, path)
      ]
    }
  })

const faultAt = (path: string): MakeFault => (code, member = "", detail) =>
  Result.fail(lint(code, "error", `${path}${member}`, detail))

// RFC 7518 §6.2.2, §6.3.2, §6.4.1
const privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]

const readX5c = (jwk: JsonObject, fault: MakeFault): Result.Result<readonly [Json, ...ReadonlyArray<Json>], Lint> => {
  const x5c = jwk.get("x5c")
  if (x5c === undefined) return fault("JwkMissingX5c")
  const [leaf, ...issuers]: ReadonlyArray<Json> = Array.isArray(x5c) ? x5c : []
  return leaf === undefined
    ? fault("JwkMissingX5c", ".x5c", "it is not an array of certificates")
    : Result.succeed([leaf, ...issuers])
}

// POSH-FMT-24, POSH-FMT-29
const readLeaf = (text: Json, fault: MakeFault): Result.Result<Certificate, Lint> => {
  const der = decodeDer(text)
  if (der === undefined) return fault("JwkBadBase64", ".x5c[0]")
  const leaf = parseCertificate(der)
  return Result.isFailure(leaf)
    ? fault("JwkCertificateMalformed", ".x5c[0]", leaf.failure.detail)
    : Result.succeed(leaf.success)
}

const decodeDer = (text: Json): Uint8Array | undefined => typeof text === "string" ? decodeBase64(text) : undefined

const thumbprints = [["x5t", "sha1"], ["x5t#S256", "sha256"]] as const

// POSH-FMT-31. SHA-1 can only exclude an entry (POSH-SEC-21).
const checkThumbprints = (jwk: JsonObject, leaf: Certificate, fault: MakeFault): Result.Result<void, Lint> => {
  for (const [name, algorithm] of thumbprints) {
    const text = jwk.get(name)
    if (text === undefined) continue
    const octets = typeof text === "string" ? decodeBase64Url(text) : undefined
    if (octets === undefined) return fault("JwkBadBase64", `.${name}`)
    if (Buffer.compare(octets, hash(algorithm, leaf.der, "buffer")) !== 0) {
      return fault("JwkThumbprintMismatch", `.${name}`)
    }
  }
  return Result.void
}

// POSH-MAT-07: what is malformed does not matter, unless other verifiers think so.
const lintLeafParts = ({ faults }: Certificate, path: string): ReadonlyArray<Lint> =>
  faults.length === 0 ? [] : [lint("LeafPartsMalformed", "warning", `${path}.x5c[0]`, faults.join("; "))]

// POSH-FMT-29: only the chain check needs the issuers, so a malformed one does not make the entry unusable.
const lintIssuers = (issuers: ReadonlyArray<Issuer>, path: string): ReadonlyArray<Lint> =>
  issuers.flatMap(({ fields }, index) =>
    fields === undefined ? [lint("IssuerMalformed", "warning", `${path}.x5c[${index + 1}]`)] : []
  )
