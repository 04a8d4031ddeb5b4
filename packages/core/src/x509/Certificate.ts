/**
 * Parses certificates. A parsed certificate is not a verified one.
 */
import { Data, Result } from "effect"
import { hash } from "node:crypto"
import { withPrintable } from "../encoding/quote.ts"
import { certificateLimits, documentLimits } from "../Limits.ts"
import { describeName, describeSerial } from "./display.ts"
import { readUses, type Uses } from "./extensions.ts"
import { boundFaults, failuresOf, type Fields, readDates, readFields } from "./fields.ts"
import { type PresentedNames, readAltNames, readPresentedNames } from "./names.ts"
import { type PublicKey, readPublicKey, unreadableKey } from "./publicKey.ts"
import type { Validity } from "./time.ts"

/** A parsed certificate. NOTHING IS VERIFIED. */
export interface Certificate extends Validity, Uses {
  /** The octets received, never a re-encoding (POSH-MAT-01). */
  readonly der: Uint8Array
  readonly sha256: Uint8Array
  /** Text like RFC 4514, for people. */
  readonly subject: string
  readonly issuer: string
  /** Lower-case hex. */
  readonly serialNumber: string
  /** The first 1,024; later ones are ignored (`certificateLimits.names`). */
  readonly names: PresentedNames
  /** The number of names that are ignored. */
  readonly namesLeftOut: number
  /** `other` of 0 bits if it is malformed. */
  readonly publicKey: PublicKey
  /** What is malformed and therefore counts as absent, for a person; at most `certificateLimits.faults`. */
  readonly faults: ReadonlyArray<string>
}

interface CertificateErrorFields {
  /** What is wrong, for a person; bounded and escaped (POSH-SEC-14). */
  readonly detail: string
}

/** Why octets are not a certificate. */
export class CertificateError extends Data.TaggedError("CertificateError")<CertificateErrorFields> {
  constructor(fields: CertificateErrorFields) {
    super(withPrintable(fields, "detail"))
  }
}

/**
 * Parses a certificate.
 *
 * **Details**
 *
 * Fails unless the octets are exactly one certificate with a well-formed frame and validity (POSH-FMT-29, POSH-MAT-01).
 * Every other part that is malformed counts as absent, and `faults` names it (POSH-MAT-07). Takes a microsecond: every
 * member but `der` and the validity is read when somebody asks for it, once, in some ten microseconds, and a few
 * milliseconds in the worst case.
 *
 * **Gotchas**
 *
 * A parsed certificate is not a verified one: NO SIGNATURE AND NO DATE IS CHECKED. It keeps `der`, which must not change.
 */
export const parseCertificate = (der: Uint8Array): Result.Result<Certificate, CertificateError> => {
  const dates = der.length > documentLimits.certificateOctets
    ? Result.fail("it is larger than 32 KiB")
    : readDates(der)
  return Result.isFailure(dates)
    ? Result.fail(new CertificateError({ detail: `the certificate cannot be read: ${dates.failure}` }))
    : Result.succeed(new LazyCertificate(der, dates.success))
}

/** What is read together, when the first of it is asked for. */
interface Parts {
  readonly uses: Uses
  readonly publicKey: PublicKey
  readonly namesLeftOut: number
  readonly faults: ReadonlyArray<string>
}

// Most certificates are only hashed and dated. Keeps no `Fields`, because certificates are cached: the views of 150
// extensions in 2 KiB take 32 KiB (measured).
class LazyCertificate implements Certificate {
  readonly der: Uint8Array
  readonly notBefore: number
  readonly notAfter: number
  #sha256: Uint8Array | undefined
  #parts: Parts | undefined
  #names: PresentedNames | undefined
  #subject: string | undefined
  #issuer: string | undefined

  constructor(der: Uint8Array, { notAfter, notBefore }: Validity) {
    this.der = der
    this.notBefore = notBefore
    this.notAfter = notAfter
  }

  get sha256(): Uint8Array {
    return this.#sha256 ??= new Uint8Array(hash("sha256", this.der, "buffer"))
  }

  get subject(): string {
    return this.#subject ??= describeName(this.#fields.subjectName)
  }

  get issuer(): string {
    return this.#issuer ??= describeName(this.#fields.issuerName)
  }

  get serialNumber(): string {
    return describeSerial(this.#fields.serial)
  }

  get names(): PresentedNames {
    return this.#names ??= readPresentedNames(readAltNames(this.#fields))
  }

  get namesLeftOut(): number {
    return this.#read.namesLeftOut
  }

  get publicKey(): PublicKey {
    return this.#read.publicKey
  }

  get faults(): ReadonlyArray<string> {
    return this.#read.faults
  }

  get isCa(): boolean {
    return this.#read.uses.isCa
  }

  get pathLength(): number | undefined {
    return this.#read.uses.pathLength
  }

  get keyUsage(): Uses["keyUsage"] {
    return this.#read.uses.keyUsage
  }

  get extendedKeyUsage(): Uses["extendedKeyUsage"] {
    return this.#read.uses.extendedKeyUsage
  }

  get unknownCritical(): ReadonlyArray<string> {
    return this.#read.uses.unknownCritical
  }

  get #read(): Parts {
    return this.#parts ??= readParts(this.#fields)
  }

  // It has been read before as far as it can fail.
  get #fields(): Fields {
    return Result.getOrThrow(readFields(this.der))
  }
}

const readParts = (fields: Fields): Parts => {
  const { faults, uses } = readUses(fields)
  const altNames = readAltNames(fields)
  const publicKey = readPublicKey(fields.spki)
  return {
    uses,
    publicKey: Result.getOrElse(publicKey, () => unreadableKey(fields.spki)),
    namesLeftOut: Math.max(0, altNames.count - certificateLimits.names),
    faults: boundFaults([...fields.faults, ...failuresOf([publicKey]), ...faults, ...altNames.faults])
  }
}
