/**
 * What DANE says of a presented certificate: from the states of the look-up to one result, as a table. Pure.
 */
import type { Domain } from "../../question/Domain.ts"
import type { EndpointLookup, LookupStep, NotApplicableReason, ServiceLookup, UntrustedStatus } from "./DaneLookup.ts"
import type { MatchRecords } from "./matchTlsa.ts"
import { type TlsaUsage, toUsable, type UsableTlsa } from "./Tlsa.ts"

/**
 * A sub-result. `until` is in milliseconds since the epoch: how long the result may be remembered.
 *
 * **Gotchas**
 *
 * Both codes of `fail` veto, whatever other proof types say (POSH-PRF-25, POSH-PRF-40). `unknown` is no yes, and no "no
 * DANE" either: the domain has records that count, but a question by fingerprint does not tell what they are about.
 */
export type DaneResult =
  | {
    readonly kind: "match"
    readonly record: UsableTlsa
    readonly target: string
    readonly port: number
    readonly base: Domain
    readonly until: number
  }
  | { readonly kind: "fail"; readonly code: "TlsaMismatch"; readonly until: number }
  | {
    readonly kind: "fail"
    readonly code: "DnssecBogus"
    readonly step: LookupStep
    readonly status: UntrustedStatus
    readonly detail: string
    readonly until: number
  }
  | { readonly kind: "unknown"; readonly code: "NoCommonHash"; readonly until: number }
  | { readonly kind: "not-applicable"; readonly reason: NotApplicableReason; readonly until: number }

export interface DaneInput {
  readonly lookup: ServiceLookup
  readonly usages: ReadonlySet<TlsaUsage>
  readonly match: MatchRecords
}

/**
 * Decides (POSH-PRF-22, POSH-PRF-25).
 *
 * **Details**
 *
 * A question names no endpoint, so the targets of SRV are combined. RFC 7673 §3.2 and §3.3 speak of the one that the
 * client connects to; whoever asks here has connected to one of them, or was connected to. The first row that holds:
 *
 * | Targets | Result |
 * |---|---|
 * | records of one match | `match`: the domain vouches for the certificate at that target |
 * | look-up of one is bogus or indeterminate | `fail`, `DnssecBogus`: the peer may be that one, which must not be used |
 * | hashes alone do not tell for one | `unknown` |
 * | one has usable records | `fail`, `TlsaMismatch` |
 * | DANE applies to none | `not-applicable` |
 *
 * A target without usable records beside one with some does not excuse a mismatch: a stranger would else claim to be it. Nor
 * do targets that were not looked up because there are too many (`leftOut`).
 */
export const decideDane = ({ lookup, match, usages }: DaneInput): DaneResult => {
  const end = endOf(lookup)
  if (lookup.kind === "untrusted") return bogus(lookup, end(lookup.ttl))
  if (lookup.kind === "not-applicable") {
    return { kind: "not-applicable", reason: lookup.reason, until: end(lookup.ttl) }
  }
  const findings = lookup.endpoints.map((endpoint) => toFinding(endpoint, usages, match))
  const found = findings.find(({ result }) => result.kind === "match")
  if (found?.result.kind === "match") {
    const { notAfter, ...matched } = found.result
    const until = end(lookup.ttl, found.endpoint.ttl)
    return { ...matched, until: notAfter === undefined ? until : Math.min(until, notAfter) }
  }
  // A no rests on every target.
  const until = end(lookup.ttl, ...lookup.endpoints.map(({ ttl }) => ttl))
  const untrusted = lookup.endpoints.find((endpoint) => endpoint.kind === "untrusted")
  if (untrusted !== undefined) return bogus(untrusted, until)
  const kinds = new Set(findings.map(({ result }) => result.kind))
  if (kinds.has("unknown")) return { kind: "unknown", code: "NoCommonHash", until }
  if (kinds.has("mismatch")) return { kind: "fail", code: "TlsaMismatch", until }
  return { kind: "not-applicable", reason: reasonOf(findings), until }
}

type Finding =
  | {
    readonly kind: "match"
    readonly record: UsableTlsa
    readonly target: string
    readonly port: number
    readonly base: Domain
    readonly notAfter?: number
  }
  | { readonly kind: "mismatch" | "unknown" | "untrusted" }
  | { readonly kind: "not-applicable"; readonly reason: NotApplicableReason }

interface EndpointFinding {
  readonly endpoint: EndpointLookup
  readonly result: Finding
}

const toFinding = (
  endpoint: EndpointLookup,
  usages: ReadonlySet<TlsaUsage>,
  match: MatchRecords
): EndpointFinding => {
  if (endpoint.kind === "untrusted") return { endpoint, result: { kind: "untrusted" } }
  if (endpoint.kind === "not-applicable") {
    return { endpoint, result: { kind: "not-applicable", reason: endpoint.reason } }
  }
  const { base, port, target } = endpoint
  const usable = toUsable(endpoint.records, usages)
  // POSH-PRF-23: no usable record is as no record (RFC 6698 §4.1).
  if (usable.length === 0) return { endpoint, result: { kind: "not-applicable", reason: "NoUsableRecords" } }
  const matched = match(usable, base)
  return { endpoint, result: matched.kind === "match" ? { ...matched, base, port, target } : matched }
}

const bogus = (
  { detail, status, step }: { readonly detail: string; readonly status: UntrustedStatus; readonly step: LookupStep },
  until: number
): DaneResult => ({ kind: "fail", code: "DnssecBogus", step, status, detail, until })

const endOf = ({ resolvedAt }: ServiceLookup) => (...ttls: ReadonlyArray<number>): number =>
  resolvedAt + Math.min(...ttls) * 1_000

const reasonOf = (findings: ReadonlyArray<EndpointFinding>): NotApplicableReason =>
  furthestReason(findings.flatMap(({ result }) => result.kind === "not-applicable" ? [result.reason] : []))

/** The reason of the target that came furthest: it tells an administrator most. */
export const furthestReason = (reasons: ReadonlyArray<NotApplicableReason>): NotApplicableReason =>
  furthest.find((reason) => reasons.includes(reason)) ?? "NotOffered"

const furthest: ReadonlyArray<NotApplicableReason> = [
  "NoUsableRecords",
  "TlsaAbsent",
  "TlsaInsecure",
  "AddressInsecure",
  "AddressAbsent",
  "InvalidTarget"
]
