/**
 * Parses certificates. A parsed certificate is not a verified one.
 */
import { Data, Result } from "effect"
import { hash } from "node:crypto"
import { withPrintable } from "../encoding/quote.ts"
import { certificateLimits, documentLimits } from "../Limits.ts"
import { describeName, describeSerial } from "./display.ts"
import { readUses, type Uses } from "./extensions.ts"
import { boundFaults, failuresOf, type Fields, readFields } from "./fields.ts"
import { type AltNames, type PresentedNames, readAltNames, readPresentedNames } from "./names.ts"
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
 * Every other part that is malformed counts as absent, and `faults` names it (POSH-MAT-07). Takes some ten microseconds,
 * and a few milliseconds in the worst case. `subject`, `issuer`, `serialNumber` and `names` are computed when they are
 * first read.
 *
 * **Gotchas**
 *
 * A parsed certificate is not a verified one: NO SIGNATURE AND NO DATE IS CHECKED.
 */
export const parseCertificate = (der: Uint8Array): Result.Result<Certificate, CertificateError> => {
  const fields = der.length > documentLimits.certificateOctets
    ? Result.fail("it is larger than 32 KiB")
    : readFields(der)
  return Result.mapBoth(fields, {
    onFailure: (detail) => new CertificateError({ detail: `the certificate cannot be read: ${detail}` }),
    onSuccess: (fields) => toCertificate(der, fields)
  })
}

const sha256 = (octets: Uint8Array): Uint8Array => new Uint8Array(hash("sha256", octets, "buffer"))

const toCertificate = (der: Uint8Array, fields: Fields): Certificate => {
  const { uses, faults } = readUses(fields)
  const altNames = readAltNames(fields)
  const publicKey = readPublicKey(fields.spki)
  return withTexts(fields, altNames, {
    der,
    sha256: sha256(der),
    notBefore: fields.notBefore,
    notAfter: fields.notAfter,
    namesLeftOut: Math.max(0, altNames.count - certificateLimits.names),
    publicKey: Result.getOrElse(publicKey, () => unreadableKey(fields.spki)),
    faults: boundFaults([...fields.faults, ...failuresOf([publicKey]), ...faults, ...altNames.faults]),
    ...uses
  })
}

// Lazy: few callers read these members, and the certificate's holder can make them expensive. Keeps no `Fields`,
// because certificates are cached: the views of 150 extensions in 2 KiB take 32 KiB (measured).
const withTexts = (
  fields: Fields,
  altNames: AltNames,
  eager: Omit<Certificate, "subject" | "issuer" | "serialNumber" | "names">
): Certificate => {
  const { issuerName, serial, subjectName } = fields
  const subject = lazy(() => describeName(subjectName))
  const issuer = lazy(() => describeName(issuerName))
  const serialNumber = lazy(() => describeSerial(serial))
  const names = lazy(() => readPresentedNames(altNames))
  return {
    ...eager,
    get subject() {
      return subject()
    },
    get issuer() {
      return issuer()
    },
    get serialNumber() {
      return serialNumber()
    },
    get names() {
      return names()
    }
  }
}

const lazy = <A>(make: () => A): () => A => {
  const made: Array<A> = []
  return () => made[0] ?? (made[0] = make())
}
