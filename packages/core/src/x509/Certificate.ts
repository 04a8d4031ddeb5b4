/**
 * Parses certificates. A parsed certificate is not a verified one.
 */
import { Data, Result } from "effect"
import { hash } from "node:crypto"
import { withPrintable } from "../encoding/quote.ts"
import { certificateLimits, documentLimits } from "../Limits.ts"
import { isDer } from "./der.ts"
import { describeName, describeSerial } from "./display.ts"
import { readUses, type Uses } from "./extensions.ts"
import { type Fields, readFields, type Validity } from "./fields.ts"
import { type AltNames, type PresentedNames, readAltNames, readPresentedNames } from "./names.ts"
import { type PublicKey, readPublicKey } from "./publicKey.ts"

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
  readonly publicKey: PublicKey
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
 * Fails unless the octets are exactly one well-formed DER certificate (POSH-FMT-29, POSH-MAT-01), and every part that
 * this library uses is well-formed. Takes about ten microseconds, and a few milliseconds in the worst case. `subject`,
 * `issuer`, `serialNumber` and `names` are computed when they are first read.
 *
 * **Gotchas**
 *
 * A parsed certificate is not a verified one: NO SIGNATURE AND NO DATE IS CHECKED.
 */
export const parseCertificate = (der: Uint8Array): Result.Result<Certificate, CertificateError> =>
  Result.gen(function*() {
    if (der.length > documentLimits.certificateOctets) return yield* Result.fail("it is larger than 32 KiB")
    if (!isDer(der)) return yield* Result.fail("it is not exactly one DER value")
    const fields = yield* readFields(der)
    const uses = yield* readUses(fields)
    const names = yield* readAltNames(fields)
    const publicKey = yield* readPublicKey(fields.spki)
    return toCertificate(fields, names, {
      der,
      sha256: sha256(der),
      notBefore: fields.notBefore,
      notAfter: fields.notAfter,
      namesLeftOut: Math.max(0, names.count - certificateLimits.names),
      publicKey,
      ...uses
    })
  }).pipe(Result.mapError((detail) => new CertificateError({ detail: `the certificate cannot be read: ${detail}` })))

const sha256 = (octets: Uint8Array): Uint8Array => new Uint8Array(hash("sha256", octets, "buffer"))

// Lazy: few callers read these members, and the certificate's holder can make them expensive. Keeps no `Fields`,
// because certificates are cached: the views of 150 extensions in 2 KiB take 32 KiB (measured).
const toCertificate = (
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
