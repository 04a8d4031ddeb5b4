/**
 * Leader election per key: one process of the fleet at a time asks the origin, the others wait for its result. A single
 * process always leads.
 */
import { Context, Effect } from "effect"
import type { CacheKey } from "../question/StoreKey.ts"
import type { Permit } from "./store/AssociationStore.ts"

/** This process asks the origin. `over` releases the lead and wakes the followers; it runs however the request ends. */
export interface Lead {
  readonly _tag: "Lead"
  readonly over: Effect.Effect<void>
  /** Passed to every write under this lead; absent if no other process writes. */
  readonly permit?: Permit
}

/** Another process asks the origin. `over` completes when its lead is released or expires. */
export interface Follow {
  readonly _tag: "Follow"
  readonly over: Effect.Effect<void>
}

export interface FleetShape {
  /**
   * Never fails: a process that cannot reach the others leads. `onLost` is called if the lead was lost to another process
   * or by a purge of the key: its result is then stale and must not be stored.
   */
  readonly lead: (key: CacheKey, onLost: () => void) => Effect.Effect<Lead | Follow>
}

const alone: Lead = { _tag: "Lead", over: Effect.void }

export const Fleet = Context.Reference<FleetShape>("posh/Fleet", {
  defaultValue: () => ({ lead: () => Effect.succeed(alone) })
})
