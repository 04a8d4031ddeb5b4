/**
 * The interface of a store of look-ups that a fleet shares. It can be slow, lose entries or be away; it never fails, and never
 * returns what was not stored (POSH-CAC-05).
 */
import { Context, type Effect } from "effect"
import type { InventoryQuery, Permit, Purge } from "../../cache/store/AssociationStore.ts"
import type { Position } from "../../cache/store/cursor.ts"
import type { Changes } from "../../cache/store/TieredStore.ts"
import type { CacheKey } from "../../question/StoreKey.ts"
import type { ServiceLookup } from "./DaneLookup.ts"

/** What the store has under a key. */
export interface LookupRead {
  /** By the clock of this process; absent if nothing serves. */
  readonly lookup?: ServiceLookup
  /** That clock at this moment: the wall clock, or later if it was set back (POSH-CAC-35). */
  readonly asOf: number
  /** The store was unavailable, so an absent look-up does not mean that none is stored. */
  readonly away?: true
}

/** `stale`: a later permit was issued, or the key was purged since. `away`: the store may still have an older look-up. */
export type LookupWrite = "stored" | "stale" | "away"

/** A look-up in the inventory. */
export interface InventoryLookup {
  readonly key: CacheKey
  readonly lookup: ServiceLookup
  /** When it is forgotten; milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface LookupInventory {
  /** Soonest end first, then by key. */
  readonly lookups: ReadonlyArray<InventoryLookup>
  /** Present if there are more. Stable, as that of an inventory of associations. */
  readonly cursor?: Position
  /** The shared store was unavailable: these are in this process's memory, and there may be others. */
  readonly partial?: true
}

export interface LookupStoreShape {
  readonly get: (key: CacheKey) => Effect.Effect<LookupRead>
  /** Replaces what is stored, for `leftMs` by the clock of the store; with none left nothing stays stored. */
  readonly put: (
    key: CacheKey,
    lookup: ServiceLookup,
    leftMs: number,
    permit?: Permit
  ) => Effect.Effect<LookupWrite>
  /** Purges the key and revokes earlier permits. Its announcement is left to the caller. */
  readonly forget: (key: CacheKey) => Effect.Effect<Purge>
  readonly inventory: (query: InventoryQuery) => Effect.Effect<LookupInventory>
  /** By the text of keys, as the fleet's other messages. */
  readonly changes: Changes
}

/** Default: nothing is shared, and each process remembers for itself. */
export const LookupStore = Context.Reference<LookupStoreShape | undefined>("posh/proof/dane/LookupStore", {
  defaultValue: () => undefined
})
