/** What a test may want of a certificate. */
import type { KeyKind, KeyPair, SignatureHash } from "./keys.ts"

export type KeyUsageName =
  | "digitalSignature"
  | "nonRepudiation"
  | "keyEncipherment"
  | "dataEncipherment"
  | "keyAgreement"
  | "keyCertSign"
  | "cRLSign"

export interface CertificateOptions {
  /** A distinguished name; default the first DNS name, SRV name or XMPP address as `CN`. */
  readonly subject?: string
  readonly dnsNames?: ReadonlyArray<string>
  /** otherName SRVName (RFC 4985), as in `_xmpp-server.im.example`. */
  readonly srvNames?: ReadonlyArray<string>
  /** otherName XmppAddr (RFC 6120 §13.7.1.4). */
  readonly xmppAddrs?: ReadonlyArray<string>
  readonly ipAddresses?: ReadonlyArray<string>
  readonly uris?: ReadonlyArray<string>
  /** Default: now - 1 day (`rootCa`: - 10 years). */
  readonly notBefore?: Date
  /** Default: now + 90 days (`rootCa`: + 10 years). */
  readonly notAfter?: Date
  /** A number or hex digits; default random. */
  readonly serial?: number | string
  readonly key?: KeyKind
  /** Use these keys again, as a same-key renewal does; overrides `key`. */
  readonly keys?: KeyPair
  readonly ca?: boolean
  readonly pathLength?: number
  /** Default what the kind of certificate needs; empty leaves the extension out. */
  readonly keyUsage?: ReadonlyArray<KeyUsageName>
  /** OIDs; default serverAuth and clientAuth on leaves, none on CAs; empty leaves the extension out. */
  readonly extendedKeyUsage?: ReadonlyArray<string>
  /** DNS subtrees. */
  readonly nameConstraints?: { readonly permitted?: ReadonlyArray<string>; readonly excluded?: ReadonlyArray<string> }
  /** URLs at which the issuer's certificate is (authorityInfoAccess, caIssuers). */
  readonly caIssuers?: ReadonlyArray<string>
  /** Adds a critical extension that nobody knows. */
  readonly criticalUnknown?: boolean
  /** Of the signature on this certificate; default SHA-256. */
  readonly hash?: SignatureHash
  /** So many more DNS names, `extra-0.example` and on. */
  readonly extraSanCount?: number
}
