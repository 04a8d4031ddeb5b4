/**
 * Compares a presented certificate with the TLSA records of one endpoint (POSH-PRF-24). Pure.
 */
import { Result } from "effect"
import { daneLimits } from "../../Limits.ts"
import { matchesDomain } from "../../presented/NameCheck.ts"
import type { Presented } from "../../presented/Presented.ts"
import type { Domain } from "../../question/Domain.ts"
import type { ServiceEntry } from "../../question/Service.ts"
import { type Certificate, parseCertificate } from "../../x509/Certificate.ts"
import { certificateSubject, fingerprintSubject, isAbout, type TlsaSubject, type UsableTlsa } from "./Tlsa.ts"

/** Path validation by RFC 5280 §6.1 up to one of these anchors, and to no other. */
export type FindPath = (input: {
  /** DER. */
  readonly leaf: Uint8Array
  readonly intermediates: ReadonlyArray<Uint8Array>
  readonly anchors: ReadonlyArray<Uint8Array>
  /** Milliseconds since the epoch. */
  readonly now: number
}) => Result.Result<unknown, unknown>

export interface TlsaInput {
  readonly presented: Presented
  /** DER of what was presented above the leaf. */
  readonly issuers: ReadonlyArray<Uint8Array>
  readonly source: Domain
  readonly service: ServiceEntry
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Asked at most `paths` of `daneLimits` times. */
  readonly findPath: FindPath
  /**
   * DER of the path to a public trust anchor, leaf first and anchor last, as the proof type `pkix` found it; `undefined`
   * where there is none. NAMES NEED NOT BE CHECKED THERE. Asked for usages 0 and 1 alone.
   */
  readonly pkixPath: () => ReadonlyArray<Uint8Array> | undefined
}

/** Compares what is presented with usable records; `base` is the domain that they stand below. */
export type MatchRecords = (records: ReadonlyArray<UsableTlsa>, base: Domain) => TlsaMatch

/** `unknown`: only hashes are presented, and a record is about what they do not tell. */
export type TlsaMatch =
  | {
    readonly kind: "match"
    readonly record: UsableTlsa
    /** End of the leaf's validity, milliseconds since the epoch; absent where dates do not count (usage 3). */
    readonly notAfter?: number
  }
  | { readonly kind: "mismatch" | "unknown" }

/** Prepares the comparison of one presented certificate. Digests are computed once for all endpoints. */
export const makeTlsaMatcher = (input: TlsaInput): MatchRecords => {
  const facts = readFacts(input)
  return (records, base) => {
    const outcomes = new Set<Outcome>()
    for (const usage of byCost) {
      const outcome = matchers[usage](records.filter((record) => record.usage === usage), facts, base)
      if (typeof outcome === "object") return toMatch(outcome, facts)
      outcomes.add(outcome)
    }
    return { kind: outcomes.has("unknown") ? "unknown" : "mismatch" }
  }
}

const toMatch = (record: UsableTlsa, { certificate }: Facts): TlsaMatch => ({
  kind: "match",
  record,
  ...(record.usage === 3 || certificate === undefined ? {} : { notAfter: certificate.notAfter })
})

interface Facts extends TlsaInput {
  readonly certificate: Certificate | undefined
  readonly leaf: TlsaSubject
  readonly above: ReadonlyArray<Candidate>
  /** Is there a path to one of these anchors? No, once too many were asked for. */
  readonly hasPath: (anchors: ReadonlyArray<Uint8Array>) => boolean
}

/** A certificate above the leaf. */
interface Candidate {
  readonly der: Uint8Array
  readonly subject: TlsaSubject
}

const readFacts = (input: TlsaInput): Facts => {
  const { findPath, issuers, now, presented: { certificate, hashes } } = input
  const asked = { count: 0 }
  return {
    ...input,
    certificate,
    leaf: certificate === undefined ? fingerprintSubject(hashes) : subjectOf(certificate),
    above: issuers.flatMap(toCandidate),
    hasPath: (anchors) => {
      asked.count += 1
      return certificate !== undefined && asked.count <= daneLimits.paths &&
        Result.isSuccess(findPath({ leaf: certificate.der, intermediates: issuers, anchors, now }))
    }
  }
}

const subjectOf = (certificate: Certificate): TlsaSubject =>
  certificateSubject(certificate.der, () => certificate.publicKey.spki)

// What cannot be read is no anchor.
const toCandidate = (der: Uint8Array): ReadonlyArray<Candidate> =>
  Result.match(parseCertificate(der), {
    onFailure: () => [],
    onSuccess: (certificate) => [{ der, subject: subjectOf(certificate) }]
  })

/** The record that matches, or why none does. */
type Outcome = UsableTlsa | "none" | "unknown"

/** `records`: those of one usage. */
type Matcher = (records: ReadonlyArray<UsableTlsa>, facts: Facts, base: Domain) => Outcome

const byCost = [3, 1, 0, 2] as const

/** RFC 7671 §5.1 to §5.4. */
const matchers: Record<UsableTlsa["usage"], Matcher> = {
  // PKIX-TA: a CA of the path that PKIX accepts. The leaf is none.
  0: (records, facts, base) => {
    if (records.length === 0) return "none"
    if (facts.certificate === undefined) return "unknown"
    const [, ...above] = isNamed(facts, base) ? facts.pkixPath() ?? [] : []
    const candidates = above.flatMap(toCandidate)
    return records.find((record) => candidates.some(({ subject }) => isAbout(record, subject) === true)) ?? "none"
  },
  // PKIX-EE: this certificate, and PKIX accepts it.
  1: (records, facts, base) => {
    const outcome = matchLeaf(records, facts)
    if (typeof outcome !== "object") return outcome
    if (facts.certificate === undefined) return "unknown"
    return isNamed(facts, base) && facts.pkixPath() !== undefined ? outcome : "none"
  },
  // DANE-TA: the anchor of this one validation. It is presented (RFC 7671 §5.2.2), or stands in a record of 2 0 0 whole.
  // A KEY ALONE (2 1 0) IS NO ANCHOR UNLESS A PRESENTED CERTIFICATE HAS IT.
  2: (records, facts, base) => {
    if (records.length === 0) return "none"
    if (facts.certificate === undefined) return "unknown"
    const named = isNamed(facts, base) ? records.map((record) => ({ record, anchors: anchorsOf(record, facts) })) : []
    const [first, ...others] = named.filter(({ anchors }) => anchors.length > 0)
    // One search for all, because it is expensive. Then which of them it was, for the evidence.
    if (first === undefined || !facts.hasPath([first, ...others].flatMap(({ anchors }) => anchors))) return "none"
    return others.find(({ anchors }) => facts.hasPath(anchors))?.record ?? first.record
  },
  // DANE-EE: neither names nor dates count (RFC 7671 §5.1).
  3: (records, facts) => matchLeaf(records, facts)
}

const matchLeaf = (records: ReadonlyArray<UsableTlsa>, { leaf }: Facts): Outcome =>
  records.find((record) => isAbout(record, leaf) === true) ??
    (records.some((record) => isAbout(record, leaf) === undefined) ? "unknown" : "none")

const anchorsOf = (record: UsableTlsa, { above }: Facts): ReadonlyArray<Uint8Array> => [
  ...above.filter(({ subject }) => isAbout(record, subject) === true).map(({ der }) => der),
  ...(record.selector === 0 && record.matching === 0 ? [record.data] : [])
]

// RFC 7673 §4.1, RFC 7671 §5.2: the SRV records are secure, so both the source domain and the base are identities.
const isNamed = ({ presented: { names }, service, source }: Facts, base: Domain): boolean =>
  names !== undefined && (matchesDomain(names, source, service) || matchesDomain(names, base, service))
