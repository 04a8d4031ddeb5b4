/**
 * What came of asking for a domain's material: from each source, and altogether.
 */
import type { Result } from "effect"
import type { Association } from "../association/Association.ts"
import type { ResolveError } from "../association/ResolveError.ts"
import type { StoreKey } from "../question/StoreKey.ts"

/** Where the deciding material came from. `redis` is for stores that are shared. */
export type CacheStatus = "miss" | "memory" | "redis" | "coalesced"

/** Usable material, and how it came to be used. Instants are milliseconds since the epoch. */
export interface Usable {
  readonly association: Association
  /** The source could not be asked when that was due, so the material serves within its grace (POSH-CAC-22). */
  readonly overdue: boolean
  /** From when on the next question has the origin asked, in the background at least. */
  readonly askAgainAt: number
  /** So many milliseconds later than the question's clock says is the time by which the material is judged (POSH-CAC-35). */
  readonly behindMs: number
  /** Asked for no earlier than the question was put, so that it answers the question whatever it says of its end (POSH-CAC-12). */
  readonly fetchedForQuestion: boolean
}

/** What one source came to. */
export interface Attempted {
  readonly key: StoreKey
  readonly outcome: Result.Result<Usable, ResolveError>
  /** After a failure that is remembered: when the origin is asked again; milliseconds since the epoch. */
  readonly retryAt?: number
  readonly cache: CacheStatus
  /** Milliseconds for which the question waited for the origin, or for who asked it. */
  readonly waitedMs?: number
}

export interface Resolution {
  /** What was asked, in order. */
  readonly asked: ReadonlyArray<Attempted>
  /** The one that decides. */
  readonly deciding: Attempted
}
