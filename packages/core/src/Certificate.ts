/**
 * Octets → certificate. A parsed certificate is not a verified one.
 */
import { Data, type Result } from "effect"

/** What a certificate calls itself (RFC 9525 §2: the subject's Common Name is no identity and is not read). */
export interface PresentedNames {
  /** dNSName, lower case. */
  readonly dns: ReadonlyArray<string>
  /** otherName SRVName, `_service.name`. */
  readonly srv: ReadonlyArray<string>
  /** otherName XmppAddr. */
  readonly xmpp: ReadonlyArray<string>
  readonly uri: ReadonlyArray<string>
  /** iPAddress, in text. */
  readonly ip: ReadonlyArray<string>
}

export type KeyUsage =
  | "digitalSignature"
  | "nonRepudiation"
  | "keyEncipherment"
  | "dataEncipherment"
  | "keyAgreement"
  | "keyCertSign"
  | "cRLSign"

export interface PublicKey {
  readonly algorithm: "rsa" | "ec" | "ed25519" | "ed448" | "other"
  /** Bits of the RSA modulus or of the curve; 0 where unknown. */
  readonly bits: number
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array
}

export interface Certificate {
  /** The octets received, never a re-encoding (POSH-MAT-01). */
  readonly der: Uint8Array
  readonly sha256: Uint8Array
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** RFC 4514-like text; for people. */
  readonly subject: string
  readonly issuer: string
  /** Lower-case hex. */
  readonly serialNumber: string
  readonly names: PresentedNames
  readonly publicKey: PublicKey
  /** Is basicConstraints present with cA TRUE? */
  readonly isCa: boolean
  /** Absent where the certificate has no such extension. */
  readonly pathLength?: number
  readonly keyUsage?: ReadonlySet<KeyUsage>
  /** Dotted OIDs. */
  readonly extendedKeyUsage?: ReadonlySet<string>
  /** Critical extensions that this library does not process. */
  readonly unknownCritical: ReadonlyArray<string>
}

export class CertificateError extends Data.TaggedError("CertificateError")<{
  /** What is wrong, for a person; bounded. */
  readonly detail: string
}> {}

export declare const parseCertificate: (der: Uint8Array) => Result.Result<Certificate, CertificateError>
