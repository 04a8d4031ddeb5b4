/**
 * The cache key of a target in one generation.
 */
import type { Domain } from "./Domain.ts"
import type { Generation } from "./Generation.ts"
import type { ServiceKey } from "./Service.ts"

/** A cache key. It has the source domain, never the host of a redirect or reference (POSH-CAC-03). */
export interface StoreKey {
  readonly domain: Domain
  readonly service: ServiceKey
  readonly generation: Generation
  /** The three parts in one text, as in shared stores. */
  readonly text: string
}

export const makeKey = (domain: Domain, service: ServiceKey, generation: Generation): StoreKey => ({
  domain,
  service,
  generation,
  text: `${domain}:${service}:${generation}`
})
