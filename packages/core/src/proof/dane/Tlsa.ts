/**
 * TLSA records (RFC 6698 §2.1): which of them can be used, and which octets of a certificate they are about. Pure.
 */
import { Result } from "effect"
import { hash } from "node:crypto"
import { parseCertificate } from "../../x509/Certificate.ts"
import { readPublicKey } from "../../x509/publicKey.ts"

/** A record as it arrived: any numbers, any data. */
export interface TlsaRecord {
  readonly usage: number
  readonly selector: number
  readonly matching: number
  /** The certificate association data. */
  readonly data: Uint8Array
}

/** PKIX-TA, PKIX-EE, DANE-TA, DANE-EE (RFC 7218 §2.1). */
export type TlsaUsage = 0 | 1 | 2 | 3

/** A record with numbers that are known and data that has their form. */
export interface UsableTlsa extends TlsaRecord {
  readonly usage: TlsaUsage
  readonly selector: 0 | 1
  readonly matching: 0 | 1 | 2
}

/** POSH-PRF-27: what counts unless `POSH_DANE_USAGES` says otherwise. */
export const defaultUsages: ReadonlySet<TlsaUsage> = new Set([1, 2, 3])

/** Why a record does not count. */
export type RecordFault =
  | "UnknownUsage"
  | "UsageDisabled"
  | "UnknownSelector"
  | "UnknownMatching"
  | "MalformedData"
  | "WeakerDigest"

/** A record that counts, or why it does not. */
export type RecordCheck =
  | { readonly record: UsableTlsa; readonly fault?: undefined }
  | { readonly record: TlsaRecord; readonly fault: RecordFault }

/**
 * The records that count (POSH-PRF-23), after digest agility (POSH-PRF-26).
 *
 * **Details**
 *
 * A record is unusable if a number is unknown, its usage is not enabled, or its data is malformed (RFC 6698 §4.1).
 * There is no bound but that of an answer (`answerOctets` of `daneLimits`): DNS gives records in any order, so one that counts
 * must not depend on its place.
 */
export const toUsable = (
  records: ReadonlyArray<TlsaRecord>,
  usages: ReadonlySet<TlsaUsage>
): ReadonlyArray<UsableTlsa> =>
  checkRecords(records, usages).flatMap(({ fault, record }) => fault === undefined ? [record] : [])

/** Each record in its place, with what is wrong with it. */
export const checkRecords = (
  records: ReadonlyArray<TlsaRecord>,
  usages: ReadonlySet<TlsaUsage>
): ReadonlyArray<RecordCheck> =>
  withAgility(records.map((record): RecordCheck => {
    const fault = faultOf(record, usages)
    return hasForm(record, fault) ? { record } : { record, fault: fault ?? "MalformedData" }
  }))

const faultOf = (
  { data, matching, selector, usage }: TlsaRecord,
  usages: ReadonlySet<TlsaUsage>
): RecordFault | undefined => {
  if (usage !== 0 && usage !== 1 && usage !== 2 && usage !== 3) return "UnknownUsage"
  if (!usages.has(usage)) return "UsageDisabled"
  if (selector !== 0 && selector !== 1) return "UnknownSelector"
  if (matching !== 0 && matching !== 1 && matching !== 2) return "UnknownMatching"
  return isWellFormed(data, selector, matching) ? undefined : "MalformedData"
}

const hasForm = (_record: TlsaRecord, fault: RecordFault | undefined): _record is UsableTlsa => fault === undefined

const isWellFormed = (data: Uint8Array, selector: 0 | 1, matching: 0 | 1 | 2): boolean => {
  if (matching === 1) return data.length === 32
  if (matching === 2) return data.length === 64
  return selector === 0 ? Result.isSuccess(parseCertificate(data)) : Result.isSuccess(readPublicKey(data))
}

/**
 * RFC 7671 §9: of each usage and selector the strongest digest alone counts, and all exact matches besides. A malformed
 * digest is not among them, so it cannot push a weaker one out.
 */
const withAgility = (checks: ReadonlyArray<RecordCheck>): ReadonlyArray<RecordCheck> => {
  const isStrong = new Set(
    checks.flatMap(({ fault, record }) => fault === undefined && record.matching === 2 ? [agilityKey(record)] : [])
  )
  return isStrong.size === 0 ?
    checks :
    checks.map((check) =>
      check.fault === undefined && check.record.matching === 1 && isStrong.has(agilityKey(check.record))
        ? { record: check.record, fault: "WeakerDigest" }
        : check
    )
}

const agilityKey = ({ selector, usage }: UsableTlsa): number => usage * 2 + selector

/** What TLSA records can be about: octets of a certificate, or hashes of them where nothing else is known. */
export interface TlsaSubject {
  /** The octets that a record with this selector and matching type would have; `undefined` if that is not known. */
  readonly associationData: (selector: 0 | 1, matching: 0 | 1 | 2) => Uint8Array | undefined
}

/**
 * A certificate as its octets, each digest computed once: a domain can publish many records.
 *
 * @param spki the SubjectPublicKeyInfo as it stands in the certificate
 */
export const certificateSubject = (der: Uint8Array, spki: () => Uint8Array): TlsaSubject => {
  const digests = new Map<string, Uint8Array>()
  return {
    associationData: (selector, matching) => {
      const octets = selector === 0 ? der : spki()
      if (matching === 0) return octets
      const key = `${selector} ${matching}`
      const known = digests.get(key)
      if (known !== undefined) return known
      const digest = new Uint8Array(hash(matching === 1 ? "sha256" : "sha512", octets, "buffer"))
      digests.set(key, digest)
      return digest
    }
  }
}

/** A question by fingerprint: the digests of the whole certificate are all that is known. */
export const fingerprintSubject = (
  hashes: { readonly "sha-256"?: Uint8Array; readonly "sha-512"?: Uint8Array }
): TlsaSubject => ({
  associationData: (selector, matching) => {
    if (selector !== 0 || matching === 0) return undefined
    return matching === 1 ? hashes["sha-256"] : hashes["sha-512"]
  }
})

/** Is the record about this subject? `undefined`: not known, as the record is about octets that nobody gave. */
export const isAbout = (record: UsableTlsa, subject: TlsaSubject): boolean | undefined => {
  const octets = subject.associationData(record.selector, record.matching)
  return octets === undefined ? undefined : Buffer.compare(octets, record.data) === 0
}
