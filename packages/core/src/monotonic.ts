/**
 * Milliseconds on a clock that no correction of the time moves; only differences mean anything.
 */
import { Clock, Effect } from "effect"

export const monotonicMsOf = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

export const monotonicMs: Effect.Effect<number> = Clock.clockWith((clock) => Effect.sync(() => monotonicMsOf(clock)))
