/**
 * Maps what is remembered of DNS to messages of the contract. Pure.
 */
import type * as Api from "@posh/api"
import {
  type EndpointLookup,
  formatCursor,
  type InventoryLookup,
  type LookupInventory,
  type ServiceLookup
} from "@posh/core/cache"
import { toInstant } from "./instants.ts"

/** One page of what is remembered of DNS. */
export const toLookups = ({ cursor, lookups, partial }: LookupInventory): Api.Inventory => ({
  associations: [],
  lookups: lookups.map(toLookup),
  ...(cursor === undefined ? {} : { cursor: formatCursor(cursor) }),
  ...(partial === undefined ? {} : { partial })
})

const toLookup = ({ expiresAt, key: { domain, service }, lookup }: InventoryLookup): Api.RememberedLookup => {
  const endpoints = lookup.kind === "endpoints" ? lookup.endpoints : []
  const records = endpoints.reduce((sum, one) => one.kind === "records" ? sum + one.records.length : sum, 0)
  const detail = detailOf(lookup)
  return {
    domain,
    service,
    source: "tlsa",
    state: records > 0 ? "records" : stateOf(lookup),
    endpoints: endpoints.length,
    records,
    ...(detail === undefined ? {} : { detail }),
    resolvedAt: toInstant(lookup.resolvedAt),
    expiresAt: toInstant(expiresAt)
  }
}

/** Of a service without records: what cannot be trusted comes first, as in the verdict. */
const stateOf = (lookup: ServiceLookup): "not-applicable" | "bogus" | "indeterminate" => {
  const parts = lookup.kind === "endpoints" ? lookup.endpoints : [lookup]
  return parts.find((part) => part.kind === "untrusted")?.status ?? "not-applicable"
}

const detailOf = (lookup: ServiceLookup): string | undefined => {
  if (lookup.kind !== "endpoints") return reasonOf(lookup)
  const without = lookup.endpoints.find(({ kind }) => kind === "untrusted") ??
    lookup.endpoints.find(({ kind }) => kind === "not-applicable")
  return without === undefined || without.kind === "records"
    ? undefined
    : `${without.target}:${without.port}: ${reasonOf(without)}`
}

type Without =
  | Exclude<EndpointLookup, { readonly kind: "records" }>
  | Exclude<ServiceLookup, { readonly kind: "endpoints" }>

const reasonOf = (part: Without): string => part.kind === "untrusted" ? `${part.step}: ${part.detail}` : part.reason
