/**
 * What is in question: a certificate or hashes of one, with the facts that follow from it.
 */
import { hash } from "node:crypto"
import type { Hashes, HashName } from "../association/Material.ts"
import type { Lint } from "../Lint.ts"
import type { Certificate } from "../x509/Certificate.ts"
import { isDenied } from "./DenyList.ts"
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
  #isDenied: boolean | undefined
  #lints: ReadonlyArray<Lint> | undefined
  #names: CanonicalNames | undefined
  #sha256: string | undefined

  constructor(hashes: Hashes, certificate?: Certificate) {
    this.hashes = hashes
    this.certificate = certificate
  }

  /** Is it one of the drafts' examples, whose private keys are public (POSH-SEC-06)? */
  get isDenied(): boolean {
    return this.#isDenied ??= isDenied(this.hashes)
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
    const octets = this.hashes["sha-256"]
    if (octets === undefined) return undefined
    return this.#sha256 ??= Buffer.from(octets).toString("base64")
  }
}

/** Presents a parsed certificate. */
export const toPresented = (certificate: Certificate): Presented =>
  new Presented({
    "sha-256": certificate.sha256,
    "sha-384": digest("sha-384", certificate.der),
    "sha-512": digest("sha-512", certificate.der)
  }, certificate)

/** Hashes octets; `name` is that of documents. */
export const digest = (name: HashName, octets: Uint8Array): Uint8Array => hash(nodeNames[name], octets, "buffer")

const nodeNames: Record<HashName, string> = { "sha-512": "sha512", "sha-384": "sha384", "sha-256": "sha256" }
