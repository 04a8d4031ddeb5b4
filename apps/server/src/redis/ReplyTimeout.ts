/**
 * How long to wait for a reply. Time is counted in ticks of this process: while it is too busy to look at its sockets, a
 * reply may be there already, and the time that passes is no fault of Redis.
 */
import { Effect, Schedule, type Scope } from "effect"
import { RedisError } from "./RedisError.ts"

export interface ReplyTimeout {
  /** Fails with `timeout` where the reply stays away for too long. */
  readonly wait: <A>(reply: Promise<A>) => Promise<A>
}

/** A reply that is given up is given up so many ticks after it was asked for. */
const ticks = 5

export const makeReplyTimeout = (timeoutMs: number): Effect.Effect<ReplyTimeout, never, Scope.Scope> =>
  Effect.gen(function*() {
    const waiting = new Set<Wait>()
    const tick = Effect.sync(() => {
      for (const wait of waiting) {
        wait.left -= 1
        if (wait.left < 0) wait.expire()
      }
    })
    // Each tick in a turn of its own: sockets are looked at in between.
    yield* tick.pipe(Effect.repeat(Schedule.spaced(timeoutMs / ticks)), Effect.forkScoped)
    return {
      wait: <A>(reply: Promise<A>) =>
        new Promise<A>((resolve, reject) => {
          const wait: Wait = {
            left: ticks,
            expire: () => {
              waiting.delete(wait)
              reject(new RedisError({ reason: "timeout" }))
            }
          }
          waiting.add(wait)
          const done = () => void waiting.delete(wait)
          reply.then(resolve, reject)
          reply.then(done, done)
        })
    }
  })

interface Wait {
  left: number
  readonly expire: () => void
}
