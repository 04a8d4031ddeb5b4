/**
 * What the routes of health and metrics tell, where this process is one of several workers: the state and the numbers of all.
 */
import { Context, type Effect } from "effect"
import type { State } from "./Readiness.ts"

export interface OverallShape {
  readonly state: Effect.Effect<State>
  /** In the text format of Prometheus. */
  readonly metrics: Effect.Effect<string>
}

/** `undefined`: this process is the whole service. */
export const Overall = Context.Reference<OverallShape | undefined>("posh/server/Overall", {
  defaultValue: () => undefined
})
