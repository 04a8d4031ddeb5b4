/** Waiting by the real clock: the processes waited for have no other, and a `TestClock` stands still. */
import { Effect } from "effect"

export const sleep = (milliseconds: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const timer = setTimeout(() => resume(Effect.void), milliseconds)
    return Effect.sync(() => clearTimeout(timer))
  })

/** Asks until the answer is yes, a failure being a no; a defect that names `what` after `seconds`. */
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
