/**
 * What went wrong between the first packet and the end of the TLS handshake (requirements §8, stages connect and tls).
 */
import type { FetchCode } from "../fetch/Fetcher.ts"
import { EgressError } from "./EgressError.ts"
import { identityErrorCode } from "./serverIdentity.ts"

/** The failure behind an error of `node:net` or `node:tls`; its `detail` is the error's code. */
export const toTlsError = (error: NodeJS.ErrnoException): EgressError => {
  const reason = error.code ?? "unknown"
  return new EgressError({ code: codes.get(reason) ?? codeOfUnlisted(reason), detail: reason })
}

/** A connection that ended without an error of its own. */
export const closedError = Object.assign(new Error("closed"), { code: "ECONNRESET" })

/** Of the errors at several addresses, the one that says most (the first listed that occurs). */
export const mostSpecific = (errors: ReadonlyArray<EgressError>): EgressError | undefined =>
  errors.toSorted((one, other) => rank(one) - rank(other))[0]

const ranking: ReadonlyArray<FetchCode> = [
  "ResolverOverloaded",
  "ConnectionRefused",
  "ConnectionReset",
  "ConnectTimeout",
  "NetworkUnreachable" // often no more than an IPv6 address asked from an IPv4 network
]
const rank = ({ code }: EgressError) => ranking.includes(code) ? ranking.indexOf(code) : ranking.length

const table: Partial<Record<FetchCode, ReadonlyArray<string>>> = {
  ConnectionRefused: ["ECONNREFUSED"],
  ConnectionReset: ["ECONNRESET", "ECONNABORTED", "EPIPE"],
  ConnectTimeout: ["ETIMEDOUT"],
  NetworkUnreachable: [
    "ENETUNREACH",
    "EHOSTUNREACH",
    "ENETDOWN",
    "EHOSTDOWN",
    "EADDRNOTAVAIL",
    "EAFNOSUPPORT",
    "EACCES", // a local firewall
    "EPERM",
    "EINVAL"
  ],
  // Ours, not the host's, so nothing that may be remembered against it.
  ResolverOverloaded: ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"],
  TlsProtocolTooOld: [
    "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", // they refuse ours
    "ERR_SSL_UNSUPPORTED_PROTOCOL", // we refuse theirs
    "ERR_SSL_WRONG_SSL_VERSION",
    "ERR_SSL_VERSION_TOO_LOW"
  ],
  TlsHostnameMismatch: [identityErrorCode, "HOSTNAME_MISMATCH"],
  TlsCertificateExpired: [
    "CERT_HAS_EXPIRED",
    "CERT_NOT_YET_VALID",
    "ERROR_IN_CERT_NOT_BEFORE_FIELD",
    "ERROR_IN_CERT_NOT_AFTER_FIELD"
  ],
  // Every other result of path validation that Node.js names; UNSPECIFIED stands for the rest of OpenSSL's.
  TlsCertificateUntrusted: [
    "UNABLE_TO_GET_ISSUER_CERT",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
    "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
    "CERT_SIGNATURE_FAILURE",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "CERT_CHAIN_TOO_LONG",
    "CERT_REVOKED",
    "CERT_UNTRUSTED",
    "CERT_REJECTED",
    "INVALID_CA",
    "INVALID_PURPOSE",
    "PATH_LENGTH_EXCEEDED",
    "UNSPECIFIED"
  ]
}

const codes = new Map(
  Object.entries(table).flatMap(([code, reasons]) => reasons.map((reason) => [reason, code as FetchCode] as const))
)

/** Alerts, no common parameters, or no TLS at all: OpenSSL has hundreds of these. */
const codeOfUnlisted = (reason: string): FetchCode =>
  /^ERR_(SSL|TLS|OSSL)_/.test(reason) ? "TlsHandshakeFailed" : "InternalError"
