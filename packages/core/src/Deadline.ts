/**
 * When an answer is due.
 */
import { Effect } from "effect"
import { monotonicMs } from "./monotonic.ts"

/** The clock is first read where something has to be waited for. */
export interface Deadline {
  readonly ms: number
  /** On the monotonic clock, in milliseconds. */
  at?: number
}

/** Milliseconds until then; 0 where it has passed. */
export const remainingMs = (deadline: Deadline): Effect.Effect<number> =>
  Effect.map(monotonicMs, (now) => {
    deadline.at ??= now + deadline.ms
    return Math.max(0, deadline.at - now)
  })
