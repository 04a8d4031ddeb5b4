/**
 * Time that no correction of the wall clock extends (POSH-CAC-35): a wall-clock instant is kept together with a reading of
 * the monotonic clock, of which only differences mean anything.
 */
import { Clock, Effect } from "effect"

export const monotonicMsOf = (clock: Clock.Clock): number => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

export const monotonicMs: Effect.Effect<number> = Clock.clockWith((clock) => Effect.sync(() => monotonicMsOf(clock)))

/** Both clocks at one moment, in milliseconds. */
export interface Stamp {
  /** Since the epoch. */
  readonly wallMs: number
  readonly monotonicMs: number
}

export const stampOf = (clock: Clock.Clock): Stamp => ({
  wallMs: clock.currentTimeMillisUnsafe(),
  monotonicMs: monotonicMsOf(clock)
})

export const currentStamp: Effect.Effect<Stamp> = Clock.clockWith((clock) => Effect.sync(() => stampOf(clock)))

/** What the wall clock says; or what it would say, where it was set back since the stamp (POSH-CAC-35). */
export const timeSince = (stamp: Stamp, now: Stamp): number =>
  Math.max(now.wallMs, stamp.wallMs + Math.floor(now.monotonicMs - stamp.monotonicMs))

/**
 * A wall clock that never goes back while this process lives: the latest time seen, and what passed since.
 *
 * **Gotchas**
 *
 * A wall clock that was wrong and ahead keeps it ahead. It is for judging what other processes wrote, where being asked
 * again is all that follows; never for the dates of a certificate.
 */
export const makeSteadyClock = (clock: Clock.Clock): () => number => {
  let latest = stampOf(clock)
  return () => {
    const now = stampOf(clock)
    const time = timeSince(latest, now)
    if (time === now.wallMs) latest = now
    return time
  }
}
