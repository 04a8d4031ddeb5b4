/**
 * What whoever asks may still have: time, and resolutions, which are what a question can cost strangers' servers
 * (POSH-SEC-12). Whoever serves several callers provides one for each question; by default nothing is limited.
 */
import { Context, type Effect } from "effect"

export interface CallerBudgetShape {
  /** Whose question it is: where many wait for requests to strangers' servers, accounts take turns. */
  readonly account: string
  /** Milliseconds that passed since the question arrived; they count against its deadline. */
  readonly waitedMs: number
  /**
   * Asked once for each resolution that the question is about to start, and not for one that it joins or that runs in
   * the background anyway. `undefined` grants it; else it is refused, and would be granted after so many milliseconds.
   */
  readonly take: () => number | undefined
  /**
   * Waited for before each stage that may take the processor for milliseconds (reading a certificate, judging against
   * material). What holds no turn runs at once.
   */
  readonly turn?: Effect.Effect<void>
}

export const CallerBudget = Context.Reference<CallerBudgetShape>("posh/CallerBudget", {
  defaultValue: () => ({ account: "", waitedMs: 0, take: () => undefined })
})
