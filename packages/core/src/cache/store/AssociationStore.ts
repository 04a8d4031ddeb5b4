/**
 * The interface of every store of associations and negative entries. A store can be slow, lose entries or be unavailable,
 * but it never fails a question and never returns what was not stored (POSH-CAC-05).
 */
import { Context, type Effect } from "effect"
import type { Association } from "../../association/Association.ts"
import type { ResolveError } from "../../association/ResolveError.ts"
import type { Deadline } from "../../question/Deadline.ts"
import type { Stamp } from "../../question/Stamp.ts"
import type { StoreKey } from "../../question/StoreKey.ts"
import type { Position } from "./cursor.ts"

/** A failed resolution with its TTL (POSH-CAC-31). Instants are milliseconds since the epoch. */
export interface NegativeEntry {
  readonly error: ResolveError
  readonly learnedAt: number
  /** Expiry; until then the origin is not asked again. */
  readonly until: number
  /** Consecutive failures, which determine the next back-off. */
  readonly failures: number
  /** True if the last answer of the origin itself was "nothing published". Failures to reach it since then do not change that. */
  readonly nothingPublished: boolean
}

export interface CacheEntry {
  readonly association?: Association
  readonly negative?: NegativeEntry
  readonly tier: "memory" | "redis"
  /** The shared store was unavailable, so an absent entry does not mean that none is stored. */
  readonly away?: boolean
  /**
   * The time at which to decide on the entries: the wall clock, or later if the wall clock was set back since they were
   * stored (POSH-CAC-35).
   */
  readonly asOf: number
}

/**
 * The fencing token of one flight's writes, issued by the fleet: of two tokens for one key, the later one has the greater
 * number. Only a shared store checks it.
 */
export interface Permit {
  readonly fence: number
}

/** A step of a purge that is not done yet. It is retried until it succeeds or the process stops. */
export type PendingPurge = "store" | "announcement"

/** The result of a purge. */
export interface Purge {
  /**
   * `store`: the shared store has not deleted the entries yet. `announcement`: other replicas have not been notified yet.
   * In this order; empty if the purge is complete.
   */
  readonly pending: ReadonlyArray<PendingPurge>
}

/** The result of a store that is not shared. */
export const nothingPending: Purge = { pending: [] }

/** A step is pending if it is pending in any of the purges. */
export const combinePurges = (purges: ReadonlyArray<Purge>): Purge => ({
  pending: (["store", "announcement"] as const).filter((step) => purges.some(({ pending }) => pending.includes(step)))
})

export interface InventoryQuery {
  /** Milliseconds since the epoch. */
  readonly expiresBefore?: number
  /** At least 1. */
  readonly limit: number
  /** From an earlier page: continue after it. */
  readonly cursor?: Position
}

export interface Inventory {
  /** Soonest expiry first, then by key. */
  readonly associations: ReadonlyArray<Association>
  /** Present if there are more. Stable: associations that are added or removed between pages repeat and skip no others. */
  readonly cursor?: Position
  /** The shared store was unavailable: these are the entries in this process's memory, and there may be others. */
  readonly partial?: true
}

export class AssociationStore extends Context.Service<AssociationStore, {
  /** The entry if memory alone suffices, synchronously; else `undefined`. It is the first step of `get`. */
  readonly recall: (key: StoreKey, now: Stamp) => CacheEntry | undefined
  /** After the deadline the entry counts as absent. */
  readonly get: (key: StoreKey, deadline?: Deadline) => Effect.Effect<CacheEntry>
  /**
   * Reads the entry of the shared store without a fiber, where this process's memory has none. `then` is called later, once;
   * while it runs, `recall` and `get` return what was read. False: not read, and `then` is not called, because memory has an
   * entry, the store is not sure to answer within `ms`, or there is none.
   */
  readonly readAhead?: (key: StoreKey, ms: number, then: () => void) => boolean
  /** The entry of the shared store, whatever is in this process's memory. */
  readonly getShared: (key: StoreKey) => Effect.Effect<CacheEntry>
  /**
   * Replaces the association and deletes the negative entry. This write and the two below change nothing and return
   * `false` if a later permit was issued for the key, or the key was purged since. `asOf`: the time now, if it is not that
   * of the wall clock (see {@link CacheEntry}).
   */
  readonly putAssociation: (
    key: StoreKey,
    association: Association,
    permit?: Permit,
    asOf?: number
  ) => Effect.Effect<boolean>
  /** Keeps the association (POSH-CAC-30). */
  readonly putNegative: (
    key: StoreKey,
    negative: NegativeEntry,
    permit?: Permit,
    asOf?: number
  ) => Effect.Effect<boolean>
  /**
   * Removes the association, if there is one, and stores the negative entry, as one change: the domain does not publish
   * the association any more (POSH-CAC-30). A store that cannot keep the negative entry still removes the association.
   */
  readonly withdraw: (
    key: StoreKey,
    negative: NegativeEntry,
    permit?: Permit,
    asOf?: number
  ) => Effect.Effect<boolean>
  /** Purges the key and revokes earlier permits. This process's memory is purged at once, whatever is pending. */
  readonly forget: (key: StoreKey) => Effect.Effect<Purge>
  /** Associations that can still serve (see `usableUntil`), ordered by `expiresAt`. */
  readonly inventory: (query: InventoryQuery) => Effect.Effect<Inventory>
}>()("posh/cache/AssociationStore") {}
