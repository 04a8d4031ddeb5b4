/**
 * The closed set of failure codes (requirements §8, POSH-ERR-01).
 *
 * One row per code: the verdict it leads to, the stage where it arises, whether a retry can help although nobody changes
 * anything, its negative TTL, and who is at fault if the result is indeterminate. Everything that depends on a code reads
 * this table.
 */

export type VerdictKind =
  | "verified"
  | "mismatch"
  | "no-material"
  | "unusable-material"
  | "certificate-invalid"
  | "indeterminate"

export type Stage =
  | "input"
  | "dns"
  | "connect"
  | "tls"
  | "http"
  | "redirect"
  | "parse"
  | "material"
  | "match"
  | "internal"

/**
 * For how long a failed resolution is cached (POSH-CAC-31): seconds; `backoff` = 30 s, doubled up to 900 s, with jitter;
 * `retry-after` = the origin's `Retry-After`, clamped to 30…3600 s; `never`.
 */
export type NegativeTtl = number | "backoff" | "retry-after" | "never"

/**
 * Who is at fault if the result is indeterminate: the origin, or this verifier. Time in our own queues has its own codes,
 * so a passed deadline is the origin's fault. `none` for all other results.
 */
export type Whose = "origin" | "ours" | "none"

interface Row {
  /** The verdict; `refused` if the question itself is at fault and gets none. */
  readonly verdict: Exclude<VerdictKind, "verified"> | "refused"
  readonly stage: Stage
  readonly retryable: boolean
  readonly negativeTtl: NegativeTtl
  readonly whose: Whose
  /** One sentence for a person. */
  readonly summary: string
}

const row = <const Kind extends Exclude<Row["verdict"], "indeterminate">>(
  verdict: Kind,
  stage: Stage,
  retryable: boolean,
  negativeTtl: NegativeTtl,
  summary: string
): Row & { readonly verdict: Kind } => ({ verdict, stage, retryable, negativeTtl, whose: "none", summary })

/** A row of an indeterminate result. */
const unknown = (
  whose: Exclude<Whose, "none">,
  stage: Stage,
  retryable: boolean,
  negativeTtl: NegativeTtl,
  summary: string
): Row & { readonly verdict: "indeterminate" } => ({
  verdict: "indeterminate",
  stage,
  retryable,
  negativeTtl,
  whose,
  summary
})

export const failures = {
  // The question is at fault: no verdict.
  InvalidRequest: row("refused", "input", false, "never", "The question is malformed."),
  InvalidSourceDomain: row("refused", "input", false, "never", "The domain is not a public host name."),
  UnsupportedService: row("refused", "input", false, "never", "The service is not registered for POSH."),
  MalformedPresentedCertificate: row("refused", "input", false, "never", "The certificate is not one DER certificate."),

  // The certificate itself is unacceptable, whatever the domain publishes.
  PresentedCertificateExpired: row("certificate-invalid", "match", false, "never", "The certificate has expired."),
  PresentedCertificateNotYetValid: row(
    "certificate-invalid",
    "match",
    true,
    "never",
    "The certificate is not valid yet."
  ),
  PresentedCertificatePolicyViolation: row(
    "certificate-invalid",
    "match",
    false,
    "never",
    "Policy refuses the certificate."
  ),
  PathIncomplete: row(
    "certificate-invalid",
    "match",
    false,
    "never",
    "On the way to a trusted root, a certificate is missing that the server should send."
  ),
  PkixPathInvalid: row(
    "certificate-invalid",
    "match",
    false,
    "never",
    "No valid path leads from the certificate to a trusted root."
  ),

  // The origin could not be reached, or gave no usable response.
  DnsNameNotFound: unknown("origin", "dns", true, 60, "The host name has no address."),
  DnsTemporaryFailure: unknown("origin", "dns", true, "backoff", "The name servers gave no answer."),
  BlockedAddress: unknown("origin", "connect", false, 300, "The host has no globally routable address."),
  ConnectionRefused: unknown("origin", "connect", true, "backoff", "The host refused the connection."),
  ConnectionReset: unknown("origin", "connect", true, "backoff", "The connection broke before an answer."),
  ConnectTimeout: unknown("origin", "connect", true, "backoff", "The host did not accept a connection in time."),
  NetworkUnreachable: unknown("origin", "connect", true, "backoff", "There is no route to the host."),
  TlsHandshakeFailed: unknown("origin", "tls", true, 60, "The TLS handshake failed."),
  TlsProtocolTooOld: unknown("origin", "tls", false, 300, "The host speaks no TLS version from 1.2 on."),
  TlsCertificateUntrusted: unknown(
    "origin",
    "tls",
    false,
    60,
    "The host's certificate does not lead to a trusted root."
  ),
  TlsCertificateExpired: unknown("origin", "tls", false, 60, "The host's certificate is outside its validity."),
  TlsHostnameMismatch: unknown("origin", "tls", false, 60, "The host's certificate does not name the host."),
  // An attacker on the network can cause it (see `isUnanswered`); but somebody has to act, and callers must not fall back.
  PinMismatch: row("unusable-material", "tls", false, 60, "The host shows none of the keys that the operator pinned."),
  HttpProtocolError: unknown("origin", "http", true, 60, "The response is not valid HTTP."),
  ResponseTimeout: unknown("origin", "http", true, "backoff", "The response did not arrive in time."),
  AccessDenied: unknown("origin", "http", false, 300, "The host denies access to the document."),
  ClientErrorStatus: unknown("origin", "http", false, 300, "The host refused the request."),
  RateLimited: unknown("origin", "http", true, "retry-after", "The host asks to be asked later."),
  ServerError: unknown("origin", "http", true, "backoff", "The host reports a fault of its own."),
  BodyTruncated: unknown("origin", "http", true, "backoff", "The document broke off."),

  // The domain authoritatively publishes nothing.
  NotPublished: row("no-material", "http", false, 300, "The domain publishes nothing for this service."),

  // The domain answered with something that cannot be used.
  UnexpectedStatus: row("unusable-material", "http", false, 300, "A success status other than 200 came back."),
  RedirectUnsupportedStatus: row("unusable-material", "redirect", false, 300, "The redirect status is not followed."),
  RedirectMissingLocation: row("unusable-material", "redirect", false, 300, "The redirect names no target."),
  RedirectInvalidLocation: row("unusable-material", "redirect", false, 300, "The redirect target is not a valid URL."),
  RedirectInsecureScheme: row("unusable-material", "redirect", false, 300, "The redirect target is not https."),
  RedirectForbiddenTarget: row("unusable-material", "redirect", false, 300, "The redirect target is not allowed."),
  DelegationForbidden: row("unusable-material", "redirect", false, 300, "The delegation policy refuses the host."),
  RedirectLoop: row("unusable-material", "redirect", false, 300, "The redirects lead back to a URL already asked."),
  TooManyRedirects: row("unusable-material", "redirect", false, 300, "There are more redirects than are followed."),
  RedirectedMaterialMissing: row(
    "unusable-material",
    "redirect",
    true,
    300,
    "The domain redirects to a document that does not exist."
  ),
  ReferencedMaterialMissing: row(
    "unusable-material",
    "redirect",
    true,
    300,
    "The domain refers to a document that does not exist."
  ),
  UnsupportedContentEncoding: row("unusable-material", "http", false, 300, "The content coding is not supported."),
  UnsupportedMediaType: row("unusable-material", "http", false, 300, "The media type is not JSON."),
  BodyTooLarge: row("unusable-material", "http", false, 300, "The document is larger than allowed."),
  LimitExceeded: row("unusable-material", "parse", false, 300, "The document exceeds a limit."),
  InvalidEncoding: row("unusable-material", "parse", false, 300, "The document is not UTF-8."),
  InvalidJson: row("unusable-material", "parse", false, 300, "The document is not JSON."),
  NotAnObject: row("unusable-material", "parse", false, 300, "The document is not a JSON object."),
  DuplicateMember: row("unusable-material", "parse", false, 300, "The document names a member twice."),
  UnknownDocumentShape: row(
    "unusable-material",
    "parse",
    false,
    300,
    "The document has none of keys, fingerprints and url."
  ),
  AmbiguousDocument: row(
    "unusable-material",
    "parse",
    false,
    300,
    "The document has more than one of keys, fingerprints and url."
  ),
  GenerationMismatch: row("unusable-material", "parse", false, 300, "The document belongs to another generation."),
  InvalidJwkSet: row("unusable-material", "material", false, 300, "keys is not an array."),
  EmptyJwkSet: row("unusable-material", "material", false, 300, "The JWK Set is empty."),
  NoUsableJwk: row("unusable-material", "material", false, 300, "No entry of the JWK Set can be used."),
  AllMaterialExpired: row("unusable-material", "material", true, 300, "All that is published has expired."),
  InvalidFingerprintsDocument: row(
    "unusable-material",
    "material",
    false,
    300,
    "fingerprints is not an array of objects."
  ),
  EmptyFingerprints: row("unusable-material", "material", false, 300, "The document lists no fingerprint."),
  NoUsableFingerprints: row("unusable-material", "material", false, 300, "No listed fingerprint can be used."),
  MissingExpires: row("unusable-material", "material", false, 300, "The document does not say when it expires."),
  InvalidExpires: row("unusable-material", "material", false, 300, "expires is not a whole number of seconds."),
  MaterialWithdrawn: row("unusable-material", "material", false, 300, "The domain has withdrawn its material."),
  DelegationWithdrawn: row("unusable-material", "material", false, 300, "The domain has withdrawn its delegation."),
  InvalidReferenceUrl: row("unusable-material", "redirect", false, 300, "url is not an absolute https URL."),
  ReferenceInsecureScheme: row("unusable-material", "redirect", false, 300, "url is not https."),
  ReferenceForbiddenTarget: row("unusable-material", "redirect", false, 300, "The host named by url is not allowed."),
  NestedReference: row("unusable-material", "redirect", false, 300, "The referenced document is a reference itself."),

  // Material and certificate are both valid, but do not match.
  CertificateMismatch: row("mismatch", "match", false, "never", "The certificate is not among those published."),
  ChainInvalid: row("mismatch", "match", false, "never", "The published chain does not validate."),
  NameCheckFailed: row("mismatch", "match", false, "never", "The certificate names none of the required domains."),
  TlsaMismatch: row("mismatch", "match", false, "never", "The domain's TLSA records are about other certificates."),
  PkixNameMismatch: row(
    "mismatch",
    "match",
    false,
    "never",
    "The certificate does not name the service of the domain."
  ),

  // The verifier could not find out.
  DnssecBogus: unknown(
    "origin",
    "match",
    true,
    "never",
    "DNSSEC does not let the service of the domain be found safely."
  ),
  NoCommonHash: unknown("origin", "match", false, "never", "Question and material have no hash in common."),
  DeadlineExceeded: unknown("origin", "internal", true, "never", "The deadline passed before an answer was known."),
  ResolverOverloaded: unknown("ours", "internal", true, "never", "This verifier is working at its limit."),
  RateLimitedLocally: unknown(
    "ours",
    "internal",
    true,
    "never",
    "This verifier spares the host further requests for now."
  ),
  InternalError: unknown("ours", "internal", true, "never", "This verifier failed unexpectedly."),
  Cancelled: unknown("ours", "internal", true, "never", "The caller went away.")
} as const satisfies Record<string, Row>

export type FailureCode = keyof typeof failures

/** Codes that refuse a question. */
export type QuestionCode = { [K in FailureCode]: typeof failures[K]["verdict"] extends "refused" ? K : never }[
  FailureCode
]

/** Codes of verdicts other than `verified`. */
export type VerdictCode = Exclude<FailureCode, QuestionCode>

/**
 * Rows of requirements §8 that this build cannot return, with the reason. They are not part of {@link FailureCode}, so no
 * code path can return them by accident.
 */
export const unreachable = {
  PresentedCertificateRevoked: "revocation is not checked (POSH-MAT-06 MAY)",
  TlsCertificateRevoked: "revocation is not checked (POSH-RES-35 MAY)",
  PkixRevoked: "revocation is not checked (POSH-PRF-08 SHOULD)",
  CacheUnavailable: "a fault of the cache never fails a question"
} as const

/**
 * True if an attacker on the network could cause the failure (network, TLS, pins, 5xx, deadline). Such a failure ends no cached
 * material (POSH-SEC-30, POSH-CAC-22). 429 and similar statuses are no statement about the material either.
 */
export const isUnanswered = (code: VerdictCode): boolean =>
  code === "PinMismatch" ||
  (failures[code].verdict === "indeterminate" && code !== "AccessDenied" && code !== "ClientErrorStatus")

/** True for an answer that evicts cached material at once (POSH-CAC-30, requirements §8.1). */
export const isWithdrawal = (code: VerdictCode): boolean =>
  code === "NotPublished" || code === "MaterialWithdrawn" || code === "DelegationWithdrawn"
