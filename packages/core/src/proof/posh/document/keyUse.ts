/**
 * Compares the intended use of a JWK (`use`, `key_ops`, `alg`) with the key usage of its certificate. Only advice:
 * matching does not depend on it (POSH-FMT-33).
 */
import type { Json, JsonObject } from "../../../encoding/json.ts"
import { type Lint, lint } from "../../../Lint.ts"
import type { KeyUsage } from "../../../x509/extensions.ts"

/** Finds contradictions in `use`, `key_ops` and `alg` (RFC 7517 §4.2–4.4). Unknown values contradict nothing. */
export const lintUse = (
  jwk: JsonObject,
  allowed: ReadonlySet<KeyUsage> | undefined,
  path: string
): ReadonlyArray<Lint> => [
  ...(isAllowed(usagesFor(usagesByUse, jwk.get("use")), allowed) ? [] : [contradiction(`${path}.use`)]),
  ...(operationsOf(jwk).every((name) => isAllowed(usagesFor(usagesByOperation, name), allowed))
    ? []
    : [contradiction(`${path}.key_ops`)]),
  ...(fitsKeyType(jwk.get("alg"), jwk.get("kty")) ? [] : [contradiction(`${path}.alg`)])
]

const contradiction = (path: string): Lint => lint("KeyUseContradiction", "info", path)

type UsageTable = ReadonlyMap<Json | undefined, ReadonlyArray<KeyUsage>>

const signing: ReadonlyArray<KeyUsage> = ["digitalSignature", "nonRepudiation", "keyCertSign", "cRLSign"]
const encryption: ReadonlyArray<KeyUsage> = ["keyEncipherment", "dataEncipherment", "keyAgreement"]

const usagesByUse: UsageTable = new Map([["sig", signing], ["enc", encryption]])

const usagesByOperation: UsageTable = new Map([
  ["sign", signing],
  ["verify", signing],
  ["encrypt", encryption],
  ["decrypt", encryption],
  ["wrapKey", encryption],
  ["unwrapKey", encryption],
  ["deriveKey", encryption],
  ["deriveBits", encryption]
])

const usagesFor = (table: UsageTable, value: Json | undefined): ReadonlyArray<KeyUsage> => table.get(value) ?? []

const operationsOf = (jwk: JsonObject): ReadonlyArray<Json> => {
  const names = jwk.get("key_ops")
  return Array.isArray(names) ? names : []
}

// RFC 5280 §4.2.1.3: without the extension, every use is allowed.
const isAllowed = (needed: ReadonlyArray<KeyUsage>, allowed: ReadonlySet<KeyUsage> | undefined): boolean =>
  needed.length === 0 || allowed === undefined || needed.some((usage) => allowed.has(usage))

// RFC 7518 §3.1, §4.1; RFC 8037 §3.1
const families: ReadonlyArray<readonly [RegExp, ReadonlyArray<Json | undefined>]> = [
  [/^(?:RS|PS)\d/, ["RSA"]],
  [/^RSA/, ["RSA"]],
  [/^ES\d/, ["EC"]],
  [/^Ed(?:DSA|25519|448)$/, ["OKP"]],
  [/^ECDH-ES/, ["EC", "OKP"]],
  [/^(?:HS\d|A\d|dir$|PBES2)/, []]
]

const fitsKeyType = (alg: Json | undefined, kty: Json | undefined): boolean =>
  typeof alg !== "string" || families.every(([name, types]) => !name.test(alg) || types.includes(kty))
