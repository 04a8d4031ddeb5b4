/**
 * The validity of a certificate (RFC 5280 §4.1.2.5).
 */
import { Result } from "effect"
import { type Der, readInside, type ReadResult, tags } from "./derReader.ts"

/** The validity, both instants inclusive. */
export interface Validity {
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
}

/**
 * Reads the validity.
 *
 * **Gotchas**
 *
 * Dates decide (POSH-MAT-02). Therefore only the forms of RFC 5280 are read: other forms of ASN.1 (without seconds, with
 * fractions or another zone) are read differently by different programs.
 */
export const readValidity = (octets: Uint8Array): ReadResult<Validity> => {
  const dates = Result.getOrElse(readInside(octets, tags.sequence, 2), () => [])
  const notBefore = readTime(dates[0])
  if (notBefore === undefined) return malformed("notBefore")
  const notAfter = readTime(dates[1])
  return notAfter === undefined ? malformed("notAfter") : Result.succeed({ notBefore, notAfter })
}

const malformed = (name: string) =>
  Result.fail(
    `its validity is malformed: ${name} is not in the form of RFC 5280, such as 490131235959Z or 20500131235959Z`
  )

// With seconds, in UTC; two-digit years are 1950 to 2049.
const readTime = (value: Der | undefined): number | undefined => {
  if (value === undefined || value.content.length > 15) return undefined
  const text = Buffer.from(value.content).toString("latin1")
  const year = value.tag === tags.utcTime ? (text < "5" ? "20" : "19") : value.tag === tags.generalizedTime ? "" : "?"
  const iso = `${year}${text}`.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6.000Z")
  const instant = new Date(iso)
  // The comparison refuses dates such as 31 February, which `Date` converts to March.
  return !Number.isNaN(instant.getTime()) && instant.toISOString() === iso ? instant.getTime() : undefined
}
