/**
 * What is decided, and the decision.
 */
import type { Question } from "@posh/api"
import type { Verdict } from "@posh/core"

/** What of a question decides the verdict. */
export type Asked = Omit<Question, "explain">

/** A verdict with the name under which it can be found again. */
export interface Decision {
  readonly id: string
  readonly verdict: Verdict
}
