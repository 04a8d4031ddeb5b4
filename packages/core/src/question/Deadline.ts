/**
 * The deadline of a question.
 */
import { Effect } from "effect"
import { CallerBudget } from "./CallerBudget.ts"
import { monotonicMs } from "./Stamp.ts"

/** A deadline. Its instant is computed at the first wait, because an answer from memory needs none. */
export interface Deadline {
  readonly ms: number
  /** On the monotonic clock, in milliseconds. */
  at?: number
}

/** Milliseconds until the deadline; 0 after it. Time that the question waited before counts too (POSH-REQ-07). */
export const remainingMs = (deadline: Deadline): Effect.Effect<number> =>
  Effect.gen(function*() {
    const now = yield* monotonicMs
    deadline.at ??= now + deadline.ms - (yield* CallerBudget).waitedMs
    return Math.max(0, deadline.at - now)
  })
