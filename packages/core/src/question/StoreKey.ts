/**
 * Under which key what is learnt about a question is remembered.
 */
import type { Domain } from "./Domain.ts"
import type { Generation } from "./Generation.ts"
import type { ServiceKey } from "./Service.ts"

/** The key of everything remembered: the source domain, never a redirect's or reference's host (POSH-CAC-03). */
export interface StoreKey {
  readonly domain: Domain
  readonly service: ServiceKey
  readonly generation: Generation
  /** The three in one, as shared stores have it. */
  readonly text: string
}

export const makeKey = (domain: Domain, service: ServiceKey, generation: Generation): StoreKey => ({
  domain,
  service,
  generation,
  text: `${domain}:${service}:${generation}`
})
