/**
 * When an answer is due.
 */
import { Effect } from "effect"
import { CallerBudget } from "./CallerBudget.ts"
import { monotonicMs } from "./Stamp.ts"

/** The clock is first read where something has to be waited for. */
export interface Deadline {
  readonly ms: number
  /** On the monotonic clock, in milliseconds. */
  at?: number
}

/** Milliseconds until then; 0 where it has passed. What the question waited for before it came here counts (POSH-REQ-07). */
export const remainingMs = (deadline: Deadline): Effect.Effect<number> =>
  Effect.gen(function*() {
    const now = yield* monotonicMs
    deadline.at ??= now + deadline.ms - (yield* CallerBudget).waitedMs
    return Math.max(0, deadline.at - now)
  })
