/**
 * The names that DNSSEC secured on the way to a service (POSH-PRF-07). Pure.
 */
import type { EndpointLookup, ServiceLookup } from "../proof/dane/DaneLookup.ts"
import { type Domain, isCanonicalDomain } from "../question/Domain.ts"
import type { Inquiry } from "../question/Inquiry.ts"

interface SecuredBy {
  readonly inquiry: Pick<Inquiry, "options">
  readonly lookup: ServiceLookup | undefined
}

/**
 * As the caller says, or as DNS said here; none of them proves anything alone. It is the SRV records that have to be secure
 * (RFC 7673 §4.1): their target is a name also where it has no TLSA records.
 */
export const derivedOf = (
  { inquiry: { options: { derivedDomain } }, lookup }: SecuredBy
): ReadonlyArray<Domain> => [
  ...(derivedDomain === undefined ? [] : [derivedDomain]),
  ...(lookup?.kind === "endpoints" ? lookup.endpoints.flatMap(namesOf) : [])
]

/** With TLSA records it is their base (RFC 7671 §7). None of a target that must not be used (POSH-PRF-22). */
const namesOf = (endpoint: EndpointLookup): ReadonlyArray<Domain> => {
  if (endpoint.kind === "records") return [endpoint.base]
  const { kind, target } = endpoint
  const isUsed = kind === "not-applicable" && endpoint.reason !== "InvalidTarget"
  return isUsed && isCanonicalDomain(target, { allowSpecialUse: true }) ? [target] : []
}

type Records = Extract<EndpointLookup, { readonly kind: "records" }>

/** The endpoints whose SRV, addresses and TLSA records are secure. */
export const recordsOf = (lookup: ServiceLookup | undefined): ReadonlyArray<Records> =>
  lookup?.kind === "endpoints"
    ? lookup.endpoints.filter((endpoint): endpoint is Records => endpoint.kind === "records")
    : []
