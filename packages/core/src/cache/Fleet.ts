/**
 * Who in the fleet asks an origin? One process at a time for each key; the others wait for what it learns. A process
 * that stands alone always asks itself.
 */
import { Context, Effect } from "effect"
import type { StoreKey } from "../question/StoreKey.ts"
import type { Permit } from "./store/AssociationStore.ts"

/** This process asks. `over` says so to those who wait; it is called whichever way the asking ends. */
export interface Lead {
  readonly _tag: "Lead"
  readonly over: Effect.Effect<void>
  /** Goes with every write of what is learnt under this lead; absent where nobody else writes. */
  readonly permit?: Permit
}

/** Another process asks. `over` comes when it is done, or when it has taken longer than a lead lasts. */
export interface Follow {
  readonly _tag: "Follow"
  readonly over: Effect.Effect<void>
}

export interface FleetShape {
  /**
   * Never fails: a process that cannot reach the others asks itself. `onLost` is called when a lead is found to be lost,
   * to another process or because the key was forgotten: what is learnt under it is out of date.
   */
  readonly lead: (key: StoreKey, onLost: () => void) => Effect.Effect<Lead | Follow>
}

const alone: Lead = { _tag: "Lead", over: Effect.void }

export const Fleet = Context.Reference<FleetShape>("posh/Fleet", {
  defaultValue: () => ({ lead: () => Effect.succeed(alone) })
})
