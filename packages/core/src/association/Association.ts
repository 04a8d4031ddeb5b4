/**
 * What a source domain asserts about a service, with the evidence of how it was learnt and until when it counts. This
 * is what is cached (POSH-CAC-01); verdicts never are.
 */
import type { Lint } from "../Lint.ts"
import type { Domain } from "../question/Domain.ts"
import type { Generation } from "../question/Generation.ts"
import type { ServiceKey } from "../question/Service.ts"
import type { Hop } from "./Hop.ts"
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

/** All in milliseconds since the epoch. */
export interface Lifetime {
  /** Start of the request that delivered the material (POSH-CAC-10). */
  readonly fetchedAt: number
  /**
   * From here on the next question resolves again: fresh-until for RFC 7711 (POSH-CAC-10), revalidate-at for the draft
   * generation (POSH-CAC-22).
   */
  readonly revalidateAt: number
  /** Where the source cannot be asked, the material may serve until here. Equal to `revalidateAt` for RFC 7711. */
  readonly graceUntil: number
  /** The end of the material in any case: fresh-until, or the certificates' notAfter (POSH-CAC-20). */
  readonly expiresAt: number
}

/** When the last answer was complete. */
export const deliveredAt = ({ hops, lifetime }: Association): number =>
  Math.max(lifetime.fetchedAt, hops.at(-1)?.endedAt ?? lifetime.fetchedAt)

/**
 * From here on the material answers nothing any more, although its certificates may live on (POSH-CAC-22): where stores
 * end an entry, so that nobody's certificate decides for how long it takes room. Milliseconds since the epoch.
 */
export const usableUntil = ({ expiresAt, graceUntil }: Lifetime): number => Math.min(expiresAt, graceUntil)
