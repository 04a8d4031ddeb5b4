/**
 * The keys under which answers about a target are remembered: one for the documents of each generation, one for DNS.
 */
import type { Domain } from "./Domain.ts"
import type { Generation } from "./Generation.ts"
import type { ServiceKey } from "./Service.ts"

/**
 * A cache key, whatever is remembered under it. It has the source domain, never the host of a redirect or reference
 * (POSH-CAC-03).
 */
export interface CacheKey {
  readonly domain: Domain
  readonly service: ServiceKey
  /** `domain:service:source`: by it processes that share a store name the key to each other. */
  readonly text: string
}

/** The cache key of the documents of one generation, which is the source in its text. */
export interface StoreKey extends CacheKey {
  readonly generation: Generation
}

export const makeKey = (domain: Domain, service: ServiceKey, generation: Generation): StoreKey => ({
  domain,
  service,
  generation,
  text: `${domain}:${service}:${generation}`
})

/** The cache key of what DNS says (DANE): its source is `tlsa`. */
export const makeTlsaKey = (domain: Domain, service: ServiceKey): CacheKey => ({
  domain,
  service,
  text: `${domain}:${service}:tlsa`
})
