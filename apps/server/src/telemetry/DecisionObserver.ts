/**
 * What the service notices of questions and requests, for whoever counts or writes it down.
 */
import type { ProblemCode } from "@posh/api"
import { Context } from "effect"
import type { Caller } from "../service/Caller.ts"
import type { Asked, Decision } from "../service/Decision.ts"

/** The callbacks are quick, wait for nothing and never throw: they are called in the middle of answering. */
export interface DecisionObserverShape {
  /** A question came; what is returned is handed back with its verdict. */
  readonly asked: () => number
  /** It was decided. */
  readonly decided: (decision: Decision, asked: Asked, caller: Caller, since: number) => void
  /** A question of a batch has a problem in its place. */
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
