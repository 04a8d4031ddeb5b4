/**
 * What whoever asks may still have: time, and resolutions, which are what a question can cost strangers' servers
 * (POSH-SEC-12). Whoever serves several callers provides one for each question; by default nothing is limited.
 */
import { Context } from "effect"

export interface AllowanceShape {
  /** Milliseconds that passed since the question arrived; they count against its deadline. */
  readonly waitedMs: number
  /**
   * Asked once for each resolution that the question is about to start, and not for one that it joins or that runs in
   * the background anyway. `undefined` grants it; else it is refused, and would be granted after so many milliseconds.
   */
  readonly spend: () => number | undefined
}

export const Allowance = Context.Reference<AllowanceShape>("posh/Allowance", {
  defaultValue: () => ({ waitedMs: 0, spend: () => undefined })
})
