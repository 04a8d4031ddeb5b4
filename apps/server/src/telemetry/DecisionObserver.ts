/**
 * Observes questions and decisions, for metrics and the decision log.
 */
import type { ProblemCode } from "@posh/api"
import { Context } from "effect"
import type { Caller } from "../service/Caller.ts"
import type { CallerQuestion } from "../service/CallerQuestion.ts"
import type { Decision } from "../service/Decision.ts"

/** The callbacks are fast, never block and never throw: they run on the hot path. */
export interface DecisionObserverShape {
  /** A question arrived. The return value is passed to `decided` with its verdict. */
  readonly asked: () => number
  /** The question got its verdict. `since` is the return value of `asked`. */
  readonly decided: (decision: Decision, question: CallerQuestion, caller: Caller, since: number) => void
  /** A question of a batch got a problem in place of a verdict. */
  readonly problem: (code: ProblemCode) => void
}

export const DecisionObserver = Context.Reference<DecisionObserverShape>("posh/server/telemetry/DecisionObserver", {
  defaultValue: () => unobserved
})

export const unobserved: DecisionObserverShape = {
  asked: () => 0,
  decided: () => undefined,
  problem: () => undefined
}
