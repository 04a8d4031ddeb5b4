/**
 * Error codes of connecting and of the TLS handshake (requirements §8, stages connect and tls).
 */
import type { FetchCode } from "../fetch/Fetcher.ts"
import { EgressError } from "./EgressError.ts"
import { pinErrorCode } from "./pinError.ts"
import { identityErrorCode } from "./serverIdentity.ts"

/** Classifies an error of `node:net` or `node:tls`; `detail` is the error's code, or says which key is not pinned. */
export const toTlsError = (error: NodeJS.ErrnoException): EgressError => {
  const reason = error.code ?? "unknown"
  if (reason === pinErrorCode) return new EgressError({ code: "PinMismatch", detail: error.message })
  return new EgressError({ code: codes.get(reason) ?? codeOfUnlisted(reason), detail: reason })
}

/** For a connection that closed without an error. */
export const closedError = Object.assign(new Error("closed"), { code: "ECONNRESET" })

/** The most specific error of several addresses: the first in the ranking. */
export const mostSpecific = (errors: ReadonlyArray<EgressError>): EgressError | undefined =>
  errors.toSorted((one, other) => rank(one) - rank(other))[0]

const ranking: ReadonlyArray<FetchCode> = [
  "ResolverOverloaded",
  "ConnectionRefused",
  "ConnectionReset",
  "ConnectTimeout",
  "NetworkUnreachable" // often only an IPv6 address on an IPv4 network
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
  // Exhausted resources of this process: not the host's fault, so never cached.
  ResolverOverloaded: ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"],
  TlsProtocolTooOld: [
    "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", // the server refuses our versions
    "ERR_SSL_UNSUPPORTED_PROTOCOL", // we refuse its version
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
  // All other results of path validation that Node.js names; UNSPECIFIED stands for OpenSSL's other results.
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

/** Alerts, no shared parameters, or no TLS at all: OpenSSL has hundreds of codes. */
const codeOfUnlisted = (reason: string): FetchCode =>
  /^ERR_(SSL|TLS|OSSL)_/.test(reason) ? "TlsHandshakeFailed" : "InternalError"
