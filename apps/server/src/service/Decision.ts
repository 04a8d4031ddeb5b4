/**
 * The decision on a question.
 */
import type { Verdict } from "@posh/core"

/** A verdict with the name under which it can be found again. */
export interface Decision {
  readonly id: string
  readonly verdict: Verdict
}
