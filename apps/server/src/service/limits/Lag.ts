/**
 * Event loop lag: how long a request that is read now may have waited in the socket. It counts against deadlines.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect, type Scope } from "effect"

export interface Lag {
  /** Milliseconds; 0 without load. */
  readonly ms: (now: number) => number
}

const periodMs = 50

/**
 * Samples the lag of a timer until the scope closes. A delay counts for one more period, because requests that arrived
 * during it are read only afterwards.
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
