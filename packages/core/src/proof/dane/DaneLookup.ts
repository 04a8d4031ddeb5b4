/**
 * What DNS says of a service, as values: what {@link file://./lookupService.ts | the look-up} finds, and
 * {@link file://./decideDane.ts | the decision} reads. Plain data, so it can be remembered.
 */
import type { Domain } from "../../question/Domain.ts"
import type { TlsaRecord } from "./Tlsa.ts"

/** How far an answer of DNS can be believed (RFC 4035 §4.3, POSH-PRF-20). */
export type DnssecStatus = "secure" | "insecure" | "bogus" | "indeterminate"

/** Neither yes nor no: the answer is forged or broken, or there is none. */
export type UntrustedStatus = "bogus" | "indeterminate"

/** Which query an answer is to. */
export type LookupStep = "srv" | "address" | "tlsa"

/** Why DANE says nothing of a service. */
export type NotApplicableReason =
  | "SrvAbsent"
  | "SrvInsecure"
  | "NotOffered"
  | EndpointReason

/** Why DANE says nothing of one endpoint. */
export type EndpointReason =
  | "InvalidTarget"
  | "AddressAbsent"
  | "AddressInsecure"
  | "TlsaAbsent"
  | "TlsaInsecure"
  | "NoUsableRecords"

interface Untrusted {
  readonly kind: "untrusted"
  readonly step: LookupStep
  readonly status: UntrustedStatus
  /** For a person; bounded and without text from the network (POSH-SEC-14). */
  readonly detail: string
}

/** One target of the SRV records. */
export type EndpointLookup =
  & {
    /** As in the SRV record; quoted, if it is no domain. */
    readonly target: string
    readonly port: number
    /** Seconds for which all that this rests on may be remembered. */
    readonly ttl: number
  }
  & (
    | Untrusted
    | { readonly kind: "not-applicable"; readonly reason: Exclude<EndpointReason, "NoUsableRecords"> }
    | {
      readonly kind: "records"
      /** The TLSA base domain (RFC 7671 §7): the target, or what its aliases lead to. */
      readonly base: Domain
      readonly records: ReadonlyArray<TlsaRecord>
    }
  )

/** All that DNS says of a service. */
export type ServiceLookup =
  & {
    /** Milliseconds since the epoch. */
    readonly resolvedAt: number
    /** Seconds from `resolvedAt` for which the answer about SRV may be remembered. */
    readonly ttl: number
  }
  & (
    | Untrusted
    | { readonly kind: "not-applicable"; readonly reason: "SrvAbsent" | "SrvInsecure" | "NotOffered" }
    | {
      readonly kind: "endpoints"
      /** At least one, by priority and weight; at most `targets` of `daneLimits`. */
      readonly endpoints: ReadonlyArray<EndpointLookup>
      /** Number of targets that were not looked up. */
      readonly leftOut: number
    }
  )
