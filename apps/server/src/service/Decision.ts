/**
 * The decision on a question.
 */
import type { Verdict } from "@posh/core"

/** A verdict with the id by which logs, traces and the decision log refer to it. */
export interface Decision {
  readonly id: string
  readonly verdict: Verdict
}
