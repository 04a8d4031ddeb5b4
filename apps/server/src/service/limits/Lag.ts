/**
 * For how long the process has not come to read what arrived: a request that is read now may have waited for so long.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect, type Scope } from "effect"

export interface Lag {
  /** Milliseconds; 0 in quiet times. */
  readonly ms: (now: number) => number
}

const periodMs = 50

/**
 * Looks at the clock every so often, for as long as the scope lasts; what is overdue has been waited for. A delay counts
 * for one period more: what arrived during it is read only then.
 */
export const makeLag: Effect.Effect<Lag, never, Scope.Scope> = Effect.gen(function*() {
  const clock = yield* Clock.Clock
  const state = { dueAt: monotonicMsOf(clock) + periodMs, lateMs: 0 }
  const look = Effect.sync(() => {
    const now = monotonicMsOf(clock)
    state.lateMs = Math.max(0, now - state.dueAt)
    state.dueAt = now + periodMs
  })
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(periodMs), look)))
  return { ms: (now) => Math.max(state.lateMs, now - state.dueAt, 0) }
})
