/**
 * Findings that do not decide a verdict: about a published document, a hop, an entry or a certificate.
 */
import { printable } from "./encoding/quote.ts"
import { documentLimits, messageCharacters } from "./Limits.ts"

export const lintSummaries = {
  // Transport
  UnexpectedMediaType: "the document is not served with a JSON media type",
  LargeHelloReset:
    "the host resets a TLS handshake that offers a post-quantum key share, and answers one that does not",
  RepeatedField: "a header field that has one value is there more than once",
  RelativeLocation: "a redirect names a relative target; an absolute https URL is required of publishers",
  DelegatedOutsideSite: "an HTTP redirect, not a reference document, leads to another site",
  PermanentRedirect: "a permanent redirect is treated as temporary",
  CacheLifetimeLong: "HTTP caching is allowed for more than a minute; it is ignored here but not everywhere",
  SniffableMediaType: "X-Content-Type-Options: nosniff is missing",

  // Either document
  ByteOrderMark: "the document starts with a byte order mark",
  ExpiresClamped: "expires is larger than this verifier keeps material",
  ExpiresShort: "expires is under an hour, so verifiers ask often",

  // Fingerprints documents
  UnrecognisedHashName: "the hash name is not recognised; names are lower case with a hyphen",
  WeakHashPresent: "the hash is too weak to be evidence and is ignored",
  MalformedFingerprint: "the value is not the standard base64 of a hash of that length",
  UnpaddedBase64: "the base64 padding is missing",
  DescriptorInconsistent: "the hashes of one descriptor belong to different certificates; the strongest decides",
  DescriptorUnusable: "no hash of the descriptor can be used",
  GenerationsDisagree: "the two generations publish different certificates",
  HashOfPublicKey: "the hash is of the certificate's public key; it has to be of the DER octets of the certificate",
  HashOfText: "the hash is of a text of the certificate; it has to be of the DER octets of the certificate",
  Sha256Missing: "sha-256 is missing; several verifiers know nothing else",

  // JWK Sets
  NonMinimalInteger: "an integer has superfluous leading zero octets",
  KidNotString: "kid is not a string",
  KidDuplicate: "two keys have the same kid",
  IssuerMalformed: "a certificate above the leaf is malformed",
  InvalidExpiresIgnored: "expires is malformed and ignored",
  KeyUseContradiction: "use, key_ops or alg contradict the certificate",
  OldestFirst: "a certificate that expires sooner is listed before one that expires later",
  JwkUnsupportedKeyType: "the key type or curve is not supported",
  JwkMissingMember: "a member that the key type requires is missing or malformed",
  JwkMissingX5c: "x5c is missing",
  JwkBadBase64: "a value is not strict base64",
  JwkCertificateMalformed: "x5c[0] is not one DER certificate",
  JwkKeyMismatch: "the JWK is not the key of x5c[0]",
  JwkThumbprintMismatch: "a thumbprint is not that of x5c[0]",
  JwkPrivateKeyExposed: "the entry holds private key material; consider the key compromised",
  JwkEntryExpired: "the certificate of the entry has expired",

  // DNS
  SrvAbsent: "no SRV record names a host of the service, so no TLSA record counts",
  SrvInsecure: "the SRV records are not signed, so no TLSA record counts",
  SrvNotOffered: "the SRV record says that the service is not offered",
  SrvTargetInvalid: "the SRV record names no host: the target is no domain, or the port is 0",
  SrvTargetAlias: "the SRV record names an alias; it has to name a host with addresses (RFC 2782)",
  SrvTargetsLeftOut: "there are more SRV records than are looked at",
  HostAddressAbsent: "the host has no address",
  HostAddressInsecure: "the addresses of the host are not signed, so no TLSA record counts there",
  TlsaAbsent: "the host has no TLSA record",
  TlsaInsecure: "the TLSA records are not signed, so they do not count",
  TlsaNoneUsable: "none of the TLSA records counts, which is as if there were none",
  TlsaMissingAtHost:
    "another host of the service has TLSA records that count, and this one has none: verifiers that ask for DANE refuse its certificate",
  TlsaUnusable: "a TLSA record cannot be used",
  TlsaUsageDisabled: "a TLSA record has a usage that does not count here (POSH_DANE_USAGES)",
  TlsaWeakerDigest:
    "a TLSA record does not count, because another one with its usage and selector has a stronger digest",
  TlsaDuplicate: "a TLSA record is there twice",
  TlsaNeedsPkix: "a TLSA record of usage 0 or 1 counts only where a public certificate authority vouches, too",
  TlsaRecordsLeftOut: "there are more TLSA records than are looked at",
  TlsaWithoutMaterial: "a TLSA record is about a certificate that is not among those published",
  MaterialWithoutTlsa: "no TLSA record is about the certificate: verifiers that ask for DANE refuse it",
  DnssecRejected: "DNSSEC rejects the answer of DNS: verifiers that ask for DANE accept no certificate",
  DnsUnanswered: "DNS gave no answer; as long as that lasts, verifiers that ask for DANE accept no certificate",
  DnsTtlLong: "the answer of DNS is remembered for more than a day, and a mistake with it",
  SignatureEndsSoon: "a signature ends within a day, unless it is renewed before",

  // Certificates to publish
  CaLeftOut:
    "the CA certificate issued none of those beside it, and is left out; give it alone if the server presents it",

  // The presented certificate
  MatchedNonPrimary: "the match is not the first candidate",
  LeafIsCa: "the leaf is a CA certificate",
  LeafKeyUsage: "the key usage allows neither signatures nor key exchange",
  LeafExtendedKeyUsage: "the extended key usage allows no server authentication",
  LeafUnknownCriticalExtension: "the leaf has a critical extension that is not understood",
  LeafPartsMalformed: "parts of the leaf are malformed; they count as absent, and other verifiers may refuse it",
  LeafWeakKey: "the leaf's key is too short",
  NamesLeftOut: "the leaf has more names than are looked at; the others count as absent",
  ChainInvalid: "the published chain does not validate"
} as const

export type LintCode = keyof typeof lintSummaries

export type Severity = "error" | "warning" | "info"

export interface Lint {
  readonly code: LintCode
  readonly severity: Severity
  /** One sentence for a person; bounded and escaped (POSH-SEC-14). */
  readonly message: string
  /** Position in the document, such as `keys[0].x5c[1]`, or a name in DNS. */
  readonly path?: string
}

/** The only constructor of findings: it bounds and escapes all text in them (POSH-SEC-14). */
export const lint = (code: LintCode, severity: Severity, path?: string, detail?: string): Lint => ({
  code,
  severity,
  message: detail === undefined
    ? lintSummaries[code]
    : printable(`${lintSummaries[code]}: ${detail}`, messageCharacters),
  ...(path === undefined ? {} : { path: printable(path) })
})

const severities = ["error", "warning", "info"] as const satisfies ReadonlyArray<Severity>

/** Bounds the findings of one document: the most severe ones are kept (POSH-FMT-08). */
export const mostSevere = (lints: ReadonlyArray<Lint>): ReadonlyArray<Lint> =>
  lints.length <= documentLimits.lints
    ? lints
    : severities.flatMap((severity) => lints.filter((lint) => lint.severity === severity)).slice(
      0,
      documentLimits.lints
    )
