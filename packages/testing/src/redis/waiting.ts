/** Waits by the real clock: child processes use it, and a `TestClock` does not advance. */
import { Effect } from "effect"

export const sleep = (milliseconds: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const timer = setTimeout(() => resume(Effect.void), milliseconds)
    return Effect.sync(() => clearTimeout(timer))
  })

/** Polls until the check succeeds with true; dies with a defect that names `what` after `seconds`. */
export const until = <E>(what: string, check: Effect.Effect<boolean, E>, seconds = 15): Effect.Effect<void> =>
  Effect.suspend(() => {
    const end = performance.now() + seconds * 1_000
    const ask: Effect.Effect<void> = Effect.flatMap(Effect.orElseSucceed(check, () => false), (isSo) => {
      if (isSo) return Effect.void
      return performance.now() < end
        ? Effect.andThen(sleep(20), ask)
        : Effect.die(new Error(`not within ${seconds} s: ${what}`))
    })
    return ask
  })
