/**
 * The names that DNSSEC secured on the way to a service (POSH-PRF-07). Pure.
 */
import type { EndpointLookup, ServiceLookup } from "../proof/dane/DaneLookup.ts"
import type { Domain } from "../question/Domain.ts"
import type { Inquiry } from "../question/Inquiry.ts"

interface SecuredBy {
  readonly inquiry: Pick<Inquiry, "options">
  readonly lookup: ServiceLookup | undefined
}

/** As the caller says, or as DNS said here; none of them proves anything alone. */
export const derivedOf = (
  { inquiry: { options: { derivedDomain } }, lookup }: SecuredBy
): ReadonlyArray<Domain> => [
  ...(derivedDomain === undefined ? [] : [derivedDomain]),
  ...recordsOf(lookup).map(({ base }) => base)
]

type Records = Extract<EndpointLookup, { readonly kind: "records" }>

/** The endpoints whose SRV, addresses and TLSA records are secure. */
export const recordsOf = (lookup: ServiceLookup | undefined): ReadonlyArray<Records> =>
  lookup?.kind === "endpoints"
    ? lookup.endpoints.filter((endpoint): endpoint is Records => endpoint.kind === "records")
    : []
