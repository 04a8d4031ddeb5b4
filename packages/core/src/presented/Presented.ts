/**
 * What is in question: a certificate or hashes of one, with the facts that follow from it.
 */
import { hash } from "node:crypto"
import type { Hashes, HashName } from "../association/Material.ts"
import { decodeBase64, toBase64 } from "../encoding/base64.ts"
import type { Lint } from "../Lint.ts"
import type { Certificate } from "../x509/Certificate.ts"
import { isDenied, isDeniedCertificate } from "./DenyList.ts"
import { lintLeaf } from "./LeafProfile.ts"
import { type CanonicalNames, canonicalNames } from "./NameCheck.ts"

/**
 * The certificate in question, or hashes of one.
 *
 * **Details**
 *
 * Facts are computed lazily and kept, because servers ask about the same certificate again and again, and most callers
 * never read its names.
 */
export class Presented {
  readonly hashes: Hashes
  /** Absent for a question by fingerprint. */
  readonly certificate: Certificate | undefined
  /** What came with the certificate, in order, for a path over them; kept only if a proof type needs them. */
  readonly issuers: ReadonlyArray<Uint8Array>
  #isDenied: boolean | undefined
  #lints: ReadonlyArray<Lint> | undefined
  #names: CanonicalNames | undefined
  #sha256Text: string | undefined

  /** @param sha256Text the SHA-256 in base64, if it is known already */
  constructor(
    hashes: Hashes,
    certificate?: Certificate,
    sha256Text?: string,
    issuers: ReadonlyArray<Uint8Array> = noIssuers
  ) {
    this.hashes = hashes
    this.certificate = certificate
    this.issuers = issuers
    this.#sha256Text = sha256Text
  }

  /** Is it one of the drafts' examples, whose private keys are public (POSH-SEC-06)? */
  get isDenied(): boolean {
    return this.#isDenied ??= this.certificate === undefined || this.sha256Text === undefined
      ? isDenied(this.hashes)
      : isDeniedCertificate(this.sha256Text)
  }

  /** Violations of the leaf profile (POSH-MAT-04); empty for hashes. */
  get lints(): ReadonlyArray<Lint> {
    return this.#lints ??= this.certificate === undefined ? [] : lintLeaf(this.certificate)
  }

  /** Its names in canonical form; `undefined` for hashes. Expensive: a name with U-labels takes up to a millisecond. */
  get names(): CanonicalNames | undefined {
    if (this.certificate === undefined) return undefined
    return this.#names ??= canonicalNames(this.certificate.names)
  }

  /** Its SHA-256 in base64, if known. */
  get sha256Text(): string | undefined {
    if (this.#sha256Text !== undefined) return this.#sha256Text
    const octets = this.hashes["sha-256"]
    return octets === undefined ? undefined : this.#sha256Text = toBase64(octets)
  }
}

/** Presents a parsed certificate, of which the SHA-256 may be known already, in base64. */
export const toPresented = (
  certificate: Certificate,
  sha256Text = toBase64(certificate.sha256),
  issuers?: ReadonlyArray<Uint8Array>
): Presented => new Presented(new CertificateHashes(certificate, sha256Text), certificate, sha256Text, issuers)

const noIssuers: ReadonlyArray<Uint8Array> = []

/** The hashes of one certificate. Most domains publish SHA-256, so the others are computed when they are compared. */
class CertificateHashes implements Hashes {
  readonly #certificate: Certificate
  readonly #sha256Text: string
  #sha256: Uint8Array | undefined
  #sha384: Uint8Array | undefined
  #sha512: Uint8Array | undefined

  constructor(certificate: Certificate, sha256Text: string) {
    this.#certificate = certificate
    this.#sha256Text = sha256Text
  }

  get "sha-256"(): Uint8Array {
    return this.#sha256 ??= decodeBase64(this.#sha256Text) ?? this.#certificate.sha256
  }

  get "sha-384"(): Uint8Array {
    return this.#sha384 ??= digest("sha-384", this.#certificate.der)
  }

  get "sha-512"(): Uint8Array {
    return this.#sha512 ??= digest("sha-512", this.#certificate.der)
  }
}

/** Hashes octets; `name` is that of documents. */
export const digest = (name: HashName, octets: Uint8Array): Uint8Array =>
  new Uint8Array(hash(nodeNames[name], octets, "buffer")) // a copy: an array that is this short stays inside the heap

const nodeNames: Record<HashName, string> = { "sha-512": "sha512", "sha-384": "sha384", "sha-256": "sha256" }
