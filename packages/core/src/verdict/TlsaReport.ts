/**
 * What DNS says of a service now, without a certificate in question (POSH-PRF-21). Pure.
 */
import { daneLimits } from "../Limits.ts"
import type {
  EndpointLookup,
  LookupStep,
  NotApplicableReason,
  ServiceLookup,
  UntrustedStatus
} from "../proof/dane/DaneLookup.ts"
import { furthestReason } from "../proof/dane/decideDane.ts"
import { lookupEnd } from "../proof/dane/lookupEnd.ts"
import { checkRecords, type RecordCheck, type TlsaUsage } from "../proof/dane/Tlsa.ts"

/** `records`: some of them count. `untrusted`: a question for `dane` is answered `DnssecBogus`. */
export type TlsaState =
  | { readonly state: "records" }
  | { readonly state: "not-applicable"; readonly reason: NotApplicableReason }
  | {
    readonly state: "untrusted"
    readonly step: LookupStep
    readonly status: UntrustedStatus
    /** For a person; bounded and without text from the network (POSH-SEC-14). */
    readonly detail: string
  }

export type EndpointReport = TlsaState & {
  /** As in the SRV record; quoted, if it is no domain. */
  readonly target: string
  readonly port: number
  /** The domain that the records stand below, where there are any. */
  readonly base?: string
  /** Those that count first; bounded in number and octets. */
  readonly records: ReadonlyArray<RecordCheck>
  readonly recordsLeftOut: number
}

export type TlsaReport = TlsaState & {
  /** Milliseconds since the epoch. */
  readonly resolvedAt: number
  /** When DNS is asked again; milliseconds since the epoch, never in the past. */
  readonly expiresAt: number
  /** In the order of priority and weight. */
  readonly endpoints: ReadonlyArray<EndpointReport>
  /** Number of targets that were not looked up. */
  readonly endpointsLeftOut: number
}

/** Reports a look-up at `now`, with the usages that count. */
export const toTlsaReport = (lookup: ServiceLookup, usages: ReadonlySet<TlsaUsage>, now: number): TlsaReport => {
  const endpoints = lookup.kind === "endpoints" ? lookup.endpoints.map((one) => reportEndpoint(one, usages)) : []
  return {
    ...(lookup.kind === "endpoints" ? together(endpoints) : stateOf(lookup)),
    resolvedAt: lookup.resolvedAt,
    expiresAt: Math.max(now, lookupEnd(lookup)),
    endpoints,
    endpointsLeftOut: lookup.kind === "endpoints" ? lookup.leftOut : 0
  }
}

type Silent = Extract<ServiceLookup | EndpointLookup, { readonly kind: "untrusted" | "not-applicable" }>

const stateOf = (lookup: Silent): TlsaState =>
  lookup.kind === "untrusted"
    ? { state: "untrusted", step: lookup.step, status: lookup.status, detail: lookup.detail }
    : { state: "not-applicable", reason: lookup.reason }

/**
 * As for a certificate that no record matches: what cannot be trusted outweighs what does not apply. Records that count come
 * first, because they can still match.
 */
const together = (endpoints: ReadonlyArray<EndpointReport>): TlsaState => {
  if (endpoints.some(({ state }) => state === "records")) return { state: "records" }
  for (const one of endpoints) {
    if (one.state === "untrusted") return { state: one.state, step: one.step, status: one.status, detail: one.detail }
  }
  const reasons = endpoints.flatMap((one) => one.state === "not-applicable" ? [one.reason] : [])
  return { state: "not-applicable", reason: furthestReason(reasons) }
}

const reportEndpoint = (endpoint: EndpointLookup, usages: ReadonlySet<TlsaUsage>): EndpointReport => {
  const { port, target } = endpoint
  if (endpoint.kind !== "records") return { ...stateOf(endpoint), target, port, records: [], recordsLeftOut: 0 }
  const checks = checkRecords(endpoint.records, usages)
  const records = fitting(checks.toSorted(byUse))
  return {
    // POSH-PRF-23: no usable record is as no record.
    ...(checks.some(({ fault }) => fault === undefined)
      ? { state: "records" }
      : { state: "not-applicable", reason: "NoUsableRecords" }),
    target,
    port,
    base: endpoint.base,
    records,
    recordsLeftOut: checks.length - records.length
  }
}

/** DNS gives records in any order; equal sets are listed alike. */
const byUse = (one: RecordCheck, other: RecordCheck): number =>
  Number(one.fault !== undefined) - Number(other.fault !== undefined) ||
  one.record.usage - other.record.usage ||
  one.record.selector - other.record.selector ||
  one.record.matching - other.record.matching ||
  Buffer.compare(one.record.data, other.record.data)

/** A record that is too long leaves room for those after it. */
const fitting = (checks: ReadonlyArray<RecordCheck>): ReadonlyArray<RecordCheck> => {
  const kept: Array<RecordCheck> = []
  const room = { octets: daneLimits.reportedOctets }
  for (const check of checks) {
    if (kept.length >= daneLimits.reportedRecords) break
    if (check.record.data.length > room.octets) continue
    room.octets -= check.record.data.length
    kept.push(check)
  }
  return kept
}
