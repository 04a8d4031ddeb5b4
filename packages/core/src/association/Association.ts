/**
 * What a source domain asserts about a service: the material, the evidence of how it was resolved, and its lifetime.
 * Associations are cached (POSH-CAC-01); verdicts never are.
 */
import type { Lint } from "../Lint.ts"
import type { Domain } from "../question/Domain.ts"
import type { Generation } from "../question/Generation.ts"
import type { ServiceKey } from "../question/Service.ts"
import type { Hop } from "./Hop.ts"
import type { Lifetime } from "./Lifetime.ts"
import type { Material } from "./Material.ts"

/** How the domain delegates, if it does (requirements §0.4). */
export type Delegation = "possession" | "redirect" | "reference" | "redirect+reference"

export interface Association {
  readonly domain: Domain
  readonly service: ServiceKey
  readonly generation: Generation
  readonly material: Material
  readonly lints: ReadonlyArray<Lint>
  /** The requests that led to the material, in order (POSH-RES-90). */
  readonly hops: ReadonlyArray<Hop>
  readonly delegation: Delegation
  /** Host of the last hop, which served the material. */
  readonly delegatedDomain: Domain
  readonly lifetime: Lifetime
}

/** When the last response was complete; milliseconds since the epoch. */
export const deliveredAt = ({ hops, lifetime }: Association): number =>
  Math.max(lifetime.fetchedAt, hops.at(-1)?.endedAt ?? lifetime.fetchedAt)
