/**
 * Where associations and negative entries are remembered. One interface for every store; a store may be slow, lose entries or
 * be away, but it never fails a question and never returns what was not put in (POSH-CAC-05).
 */
import { Context, type Effect } from "effect"
import type { Association } from "../../association/Association.ts"
import type { ResolveError } from "../../association/ResolveError.ts"
import type { Deadline } from "../../question/Deadline.ts"
import type { Stamp } from "../../question/Stamp.ts"
import type { StoreKey } from "../../question/StoreKey.ts"
import type { Position } from "./cursor.ts"

/** A failed resolution, for a while (POSH-CAC-31). Instants in milliseconds since the epoch. */
export interface NegativeEntry {
  readonly error: ResolveError
  readonly learnedAt: number
  /** Until when nobody asks the origin again. */
  readonly until: number
  /** Failures in a row; decides the next back-off. */
  readonly failures: number
  /** Was the last answer of the origin itself that nothing is published? Silence since then changes nothing. */
  readonly nothingPublished: boolean
}

export interface CacheEntry {
  readonly association?: Association
  readonly negative?: NegativeEntry
  readonly tier: "memory" | "redis"
  /** The store that is shared could not be asked, so that nothing here means nothing. */
  readonly away?: boolean
  /**
   * The time by which the entries are to be judged: the wall clock, or later where the wall clock went backwards since
   * they were stored (POSH-CAC-35).
   */
  readonly asOf: number
}

/**
 * Leave for what one flight writes, given out by a fleet: of two that were given out for one key, the later one has the
 * greater number. Only a store that a fleet shares looks at it.
 */
export interface Permit {
  readonly fence: number
}

/** What of a purge is still to be done; each is retried until it succeeds, for as long as the process runs. */
export type PendingPurge = "store" | "announcement"

/** The result of a purge. */
export interface Purge {
  /**
   * `store`: the shared store has not removed the entries yet. `announcement`: other processes have not been told yet. In
   * this order; empty where nothing is left to do.
   */
  readonly pending: ReadonlyArray<PendingPurge>
}

/** What stores report that nobody shares. */
export const nothingPending: Purge = { pending: [] }

/** What of any of them is pending. */
export const combinePurges = (purges: ReadonlyArray<Purge>): Purge => ({
  pending: (["store", "announcement"] as const).filter((step) => purges.some(({ pending }) => pending.includes(step)))
})

export interface InventoryQuery {
  /** Milliseconds since the epoch. */
  readonly expiresBefore?: number
  /** At least 1. */
  readonly limit: number
  /** Of an earlier answer: go on behind it. */
  readonly cursor?: Position
}

export interface Inventory {
  /** Soonest expiry first, then by key. */
  readonly associations: ReadonlyArray<Association>
  /** Present where there is more. Stable: associations that come and go meanwhile repeat and skip no other. */
  readonly cursor?: Position
  /** The shared store could not be asked: this is what this process remembers, and others may remember more. */
  readonly partial?: true
}

export class AssociationStore extends Context.Service<AssociationStore, {
  /** What memory alone knows, at once; `undefined` where it takes more than memory to say. The first step of `get`. */
  readonly recall: (key: StoreKey, now: Stamp) => CacheEntry | undefined
  /** What comes later than the deadline is not waited for; it then counts as not remembered. */
  readonly get: (key: StoreKey, deadline?: Deadline) => Effect.Effect<CacheEntry>
  /** As the fleet has it now, whatever this process remembers of it. */
  readonly getShared: (key: StoreKey) => Effect.Effect<CacheEntry>
  /**
   * Replaces the association and ends any negative entry. This write and the two below answer `false`, and change nothing, where
   * a later permit was given out for the key, or the key was forgotten since. `asOf`: the time by which what is put is to
   * be judged now, where that is not what the wall clock says (see {@link CacheEntry}).
   */
  readonly putAssociation: (
    key: StoreKey,
    association: Association,
    permit?: Permit,
    asOf?: number
  ) => Effect.Effect<boolean>
  /** Leaves an association in place (POSH-CAC-30). */
  readonly putNegative: (
    key: StoreKey,
    negative: NegativeEntry,
    permit?: Permit,
    asOf?: number
  ) => Effect.Effect<boolean>
  readonly removeAssociation: (key: StoreKey, permit?: Permit) => Effect.Effect<boolean>
  /** Permits given out before are good no longer. What this process remembers is gone at once, whatever is pending. */
  readonly forget: (key: StoreKey) => Effect.Effect<Purge>
  /** Associations that may still answer, see `usableUntil`; in the order of their `expiresAt`. */
  readonly inventory: (query: InventoryQuery) => Effect.Effect<Inventory>
}>()("posh/cache/AssociationStore") {}
