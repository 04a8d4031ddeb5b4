/**
 * The age of the roots that are built into Node.js. Node.js does not tell when it took them from Mozilla; the newest of them
 * tells that it was not before.
 */
import { Result } from "effect"
import { X509Certificate } from "node:crypto"
import { rootCertificates } from "node:tls"

const state: { newest?: number } = {}

/** Milliseconds since 1970 at which the newest root was issued. Parsing takes milliseconds, so it is done once, when asked. */
export const newestRoot = (): number =>
  state.newest ??= rootCertificates.reduce((newest, pem) => Math.max(newest, issuedAt(pem)), 0)

/** 0 for what Node.js itself cannot read. */
const issuedAt = (pem: string): number =>
  Result.getOrElse(Result.try(() => new X509Certificate(pem).validFromDate.getTime()), () => 0)
