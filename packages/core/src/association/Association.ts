/**
 * What a source domain asserts about a service, with the evidence of how it was learnt and until when it counts. This
 * is what is cached (POSH-CAC-01); verdicts never are.
 */
import type { Lint } from "../Lint.ts"
import type { Domain } from "../question/Domain.ts"
import type { Generation } from "../question/Generation.ts"
import type { ServiceKey } from "../question/Service.ts"
import type { Hop } from "./Hop.ts"
import type { Lifetime } from "./Lifetime.ts"
import type { Material } from "./Material.ts"

/** How the domain speaks (requirements §0.4). */
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
  /** Host of the last hop: where the material was found. */
  readonly delegatedDomain: Domain
  readonly lifetime: Lifetime
}

/** When the last answer was complete. */
export const deliveredAt = ({ hops, lifetime }: Association): number =>
  Math.max(lifetime.fetchedAt, hops.at(-1)?.endedAt ?? lifetime.fetchedAt)
