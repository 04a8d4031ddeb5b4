/**
 * The validity of a certificate (RFC 5280 §4.1.2.5).
 */
import { Result } from "effect"
import { type Header, readHeader } from "./der.ts"
import { type ReadResult, tags } from "./derReader.ts"

/** The validity, both instants inclusive. */
export interface Validity {
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
}

/**
 * Reads the validity from the content of its SEQUENCE.
 *
 * **Gotchas**
 *
 * Dates decide (POSH-MAT-02). Therefore only the forms of RFC 5280 are read: other forms of ASN.1 (without seconds, with
 * fractions or another zone) are read differently by different programs.
 */
export const readValidity = (octets: Uint8Array, { end, start }: Header): ReadResult<Validity> => {
  const first = readHeader(octets, start, end)
  const second = first === undefined ? undefined : readHeader(octets, first.end, end)
  // Exactly two: of three, or with octets behind, neither is known to be what it seems.
  if (first === undefined || (second ?? first).end !== end) return malformed("notBefore")
  const notBefore = readTime(octets, first)
  if (notBefore === undefined) return malformed("notBefore")
  const notAfter = second === undefined ? undefined : readTime(octets, second)
  return notAfter === undefined ? malformed("notAfter") : Result.succeed({ notBefore, notAfter })
}

const malformed = (name: string) =>
  Result.fail(
    `its validity is malformed: ${name} is not in the form of RFC 5280, such as 490131235959Z or 20500131235959Z`
  )

const letterZ = 0x5a

// With seconds, in UTC; two-digit years are 1950 to 2049.
const readTime = (octets: Uint8Array, { end, start, tag }: Header): number | undefined => {
  const yearDigits = tag === tags.utcTime ? 2 : tag === tags.generalizedTime ? 4 : 0
  if (yearDigits === 0 || end - start !== yearDigits + 11 || octets[end - 1] !== letterZ) return undefined
  const written = numberAt(octets, start, yearDigits)
  const year = yearDigits === 4 ? written : written < 50 ? 2_000 + written : 1_900 + written
  const at = start + yearDigits
  return toInstant(
    year,
    numberAt(octets, at, 2),
    numberAt(octets, at + 2, 2),
    numberAt(octets, at + 4, 2),
    numberAt(octets, at + 6, 2),
    numberAt(octets, at + 8, 2)
  )
}

/** The number that these decimal digits write; NaN if they are none. */
const numberAt = (octets: Uint8Array, at: number, digits: number): number => {
  let number = 0
  for (let index = at; index < at + digits; index += 1) {
    const digit = (octets[index] ?? 0) - 0x30
    number = digit >= 0 && digit <= 9 ? number * 10 + digit : Number.NaN
  }
  return number
}

// `Date.UTC` takes the years 0 to 99 for 1900 to 1999. The calendar repeats after 400 years.
const cycleYears = 400
const cycleMs = 146_097 * 86_400_000

/** The instant; `undefined` if there is no such date or time of day. NaN is within no bound. */
const toInstant = (year: number, month: number, day: number, hour: number, minute: number, second: number) => {
  const isTime = hour <= 23 && minute <= 59 && second <= 59
  if (!isTime || !(year >= 0 && month >= 1 && month <= 12 && day >= 1)) return undefined
  const midnight = Date.UTC(year + cycleYears, month - 1, day)
  // `Date.UTC` takes 31 February for a day in March.
  if (midnight >= Date.UTC(year + cycleYears, month, 1)) return undefined
  return midnight - cycleMs + ((hour * 60 + minute) * 60 + second) * 1_000
}
