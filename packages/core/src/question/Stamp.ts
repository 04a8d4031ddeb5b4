/**
 * Time that a correction of the wall clock does not extend (POSH-CAC-35): a stamp has the wall clock and the monotonic
 * clock. Of the latter only differences have a meaning.
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

/** The wall-clock time; if the clock was set back since the stamp, the time it would have shown (POSH-CAC-35). */
export const timeSince = (stamp: Stamp, now: Stamp): number =>
  Math.max(now.wallMs, stamp.wallMs + Math.floor(now.monotonicMs - stamp.monotonicMs))

/** A wall clock that was set back since is no earlier time. */
export const latestOf = (before: Stamp, now: Stamp): Stamp => ({ ...now, wallMs: timeSince(before, now) })

/**
 * Makes a wall clock that never goes back while this process lives: the latest time seen plus the time since.
 *
 * **Gotchas**
 *
 * If the wall clock was ahead once, this clock stays ahead. So use it only for entries that other processes wrote,
 * where the consequence is an early refetch; never for the dates of a certificate.
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
