/**
 * Does the web server's certificate name the host? (POSH-RES-31)
 */
import type { X509Certificate } from "node:crypto"

/**
 * For `checkServerIdentity` of `node:tls`: the error, or `undefined` where the certificate names the host.
 *
 * **Details**
 *
 * DNS-ID only (RFC 9525 §6): no common name, a wildcard stands for exactly the whole left-most label.
 */
export const identityError = (host: string, certificate: X509Certificate | undefined): Error | undefined =>
  certificate?.checkHost(host, dnsIdOnly) === undefined
    ? Object.assign(new Error("the certificate does not name the host"), { code: identityErrorCode })
    : undefined

/** The code of Node's own check, which this one replaces. */
export const identityErrorCode = "ERR_TLS_CERT_ALTNAME_INVALID"

const dnsIdOnly = {
  subject: "never", // else the common name counts where no SAN is a DNS name
  wildcards: true,
  partialWildcards: false,
  multiLabelWildcards: false,
  singleLabelSubdomains: false
} as const
