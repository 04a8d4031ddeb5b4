/**
 * The budget of a caller: its deadline, and how many resolutions it may start, because each one costs requests to other
 * servers (POSH-SEC-12). A service with several callers provides a budget for each question; the default has no limit.
 */
import { Context, Effect } from "effect"

export interface CallerBudgetShape {
  /** Who asks. Accounts take turns when requests to origins queue. */
  readonly account: string
  /** Milliseconds since the question arrived, which count against its deadline. */
  readonly waitedMs: number
  /**
   * Called once for each resolution that the question starts; not for one that it joins, nor for a refresh ahead.
   * `undefined` grants the resolution; a number refuses it, and says after how many milliseconds to retry.
   */
  readonly take: () => number | undefined
  /** Awaited before each stage that may use the CPU for milliseconds (parsing, matching). Default: no wait. */
  readonly turn?: Effect.Effect<void>
}

export const CallerBudget = Context.Reference<CallerBudgetShape>("posh/CallerBudget", {
  defaultValue: () => ({ account: "", waitedMs: 0, take: () => undefined })
})

/** Waits for the caller's turn before a stage that may take milliseconds of CPU time. */
export const callerTurn: Effect.Effect<void> = Effect.flatMap(CallerBudget, ({ turn = Effect.void }) => turn)
