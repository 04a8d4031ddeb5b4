/** The documents that domains publish, as plain objects that a test may corrupt. */
import { createHash, createPublicKey } from "node:crypto"
import type { JsonWebKey } from "node:crypto"
import type { Certificate } from "./Certificates.ts"

export type HashName = "sha-1" | "sha-256" | "sha-384" | "sha-512"

export interface FingerprintsDocument {
  readonly fingerprints: ReadonlyArray<Readonly<Record<string, string>>>
  readonly expires: number
  /** Makes the document ambiguous (POSH-FMT-49). */
  readonly url?: string
}

export interface ReferenceDocument {
  readonly url: string
  readonly expires: number
}

export interface JwkSetDocument {
  readonly keys: ReadonlyArray<JsonWebKey & { readonly kid?: string; readonly x5c: ReadonlyArray<string> }>
  readonly expires?: number
}

/** RFC 7711 §3.1: one descriptor per certificate, in order. */
export const fingerprintsDocument = (
  certificates: ReadonlyArray<Pick<Certificate, "der">>,
  options: { readonly expires: number; readonly algorithms?: ReadonlyArray<HashName>; readonly url?: string }
): FingerprintsDocument => ({
  fingerprints: certificates.map(({ der }) =>
    Object.fromEntries((options.algorithms ?? ["sha-256"]).map((name) => [name, hashBase64(name, der)]))
  ),
  ...(options.url === undefined ? {} : { url: options.url }),
  expires: options.expires
})

/** RFC 7711 §3.2. */
export const referenceDocument = (url: string, expires: number): ReferenceDocument => ({ url, expires })

/** The JWK Set of the draft generation; `kid` gets an index if there are several entries. */
export const jwkSetDocument = (
  certificates: ReadonlyArray<Pick<Certificate, "der" | "pem" | "issuers">>,
  options: { readonly kid?: string; readonly expires?: number; readonly withChain?: boolean } = {}
): JwkSetDocument => ({
  keys: certificates.map((certificate, index) => ({
    ...createPublicKey(certificate.pem).export({ format: "jwk" }),
    ...(options.kid === undefined ? {} : { kid: certificates.length > 1 ? `${options.kid}-${index}` : options.kid }),
    x5c: [certificate, ...(options.withChain === true ? certificate.issuers : [])].map(({ der }) => base64(der))
  })),
  ...(options.expires === undefined ? {} : { expires: options.expires })
})

/** Standard base64 with padding. */
export const base64 = (octets: Uint8Array): string => Buffer.from(octets).toString("base64")

/** The fingerprint of a certificate as RFC 7711 publishes it. */
export const hashBase64 = (name: HashName, der: Uint8Array): string =>
  createHash(name.replace("-", "")).update(der).digest("base64")

export const sha256Base64 = (der: Uint8Array): string => hashBase64("sha-256", der)
