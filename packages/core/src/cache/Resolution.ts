/**
 * The result of a resolution: of each source, and as a whole.
 */
import type { Result } from "effect"
import type { Association } from "../association/Association.ts"
import type { ResolveError } from "../association/ResolveError.ts"
import type { StoreKey } from "../question/StoreKey.ts"

/** Where the deciding material came from. `redis` stands for any shared store. */
export type CacheStatus = "miss" | "memory" | "redis" | "coalesced"

/** Usable material, and why it serves. Instants are milliseconds since the epoch. */
export interface Usable {
  readonly association: Association
  /** The material is stale and serves within its grace period, because the origin could not be reached (POSH-CAC-22). */
  readonly overdue: boolean
  /** From then on the next question triggers a request to the origin, at least in the background. */
  readonly askAgainAt: number
  /** Milliseconds by which the question's clock is behind the time that decides on the material (POSH-CAC-35). */
  readonly behindMs: number
  /** The fetch began after the question was asked, so the material serves even if its lifetime is 0 (POSH-CAC-12). */
  readonly fetchedForQuestion: boolean
}

/** The result of one source. */
export interface Attempted {
  readonly key: StoreKey
  readonly outcome: Result.Result<Usable, ResolveError>
  /** After a failure that is cached: when the origin is asked again; milliseconds since the epoch. */
  readonly retryAt?: number
  readonly cache: CacheStatus
  /** Milliseconds for which the question waited for a flight. */
  readonly waitedMs?: number
}

export interface Resolution {
  /** The sources that were asked, in order. */
  readonly asked: ReadonlyArray<Attempted>
  /** The one that decides. */
  readonly deciding: Attempted
}
