/**
 * Roots for the proof type PKIX, in DER.
 */
import { Result } from "effect"
import { X509Certificate } from "node:crypto"
import { getCACertificates, rootCertificates } from "node:tls"
import type { EgressConfigError } from "./EgressConfigError.ts"
import { parseRoots } from "./TrustStore.ts"

/** Mozilla's roots as built into Node.js. */
export const mozillaRoots = (): ReadonlyArray<Uint8Array> => rootCertificates.map(toDer)

/** The roots of the operating system. */
export const systemRoots = (): ReadonlyArray<Uint8Array> => getCACertificates("system").map(toDer)

/** The roots in a text of PEM; fails unless each block is a CA certificate. */
export const readRoots = (pem: string): Result.Result<ReadonlyArray<Uint8Array>, EgressConfigError> =>
  Result.map(parseRoots(pem), (roots) => roots.map(toDer))

const toDer = (pem: string): Uint8Array => new Uint8Array(new X509Certificate(pem).raw)
