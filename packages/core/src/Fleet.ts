/**
 * Who in the fleet asks an origin? One process at a time for each key; the others wait for what it learns. A process
 * that stands alone always asks itself.
 */
import { Context, Effect } from "effect"
import type { StoreKey } from "./cache/AssociationStore.ts"

/** This process asks. `over` says so to those who wait; it is called whichever way the asking ends. */
export interface Lead {
  readonly _tag: "Lead"
  readonly over: Effect.Effect<void>
  /** Does the lead still hold? Where it does not, somebody else may have asked since, and knows better. */
  readonly holds: Effect.Effect<boolean>
}

/** Another process asks. `over` comes when it is done, or when it has taken longer than a lead lasts. */
export interface Follow {
  readonly _tag: "Follow"
  readonly over: Effect.Effect<void>
}

export interface FleetShape {
  /** Never fails: a process that cannot reach the others asks itself. */
  readonly lead: (key: StoreKey) => Effect.Effect<Lead | Follow>
}

const alone: Lead = { _tag: "Lead", over: Effect.void, holds: Effect.succeed(true) }

export const Fleet = Context.Reference<FleetShape>("posh/Fleet", {
  defaultValue: () => ({ lead: () => Effect.succeed(alone) })
})
