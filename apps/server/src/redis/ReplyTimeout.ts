/**
 * The time-out of a reply, counted in ticks of this process. While the event loop is blocked, a reply may have arrived
 * unread, and Redis must not be blamed for the delay.
 */
import { Effect, Schedule, type Scope } from "effect"
import { RedisError } from "./RedisError.ts"

export interface ReplyTimeout {
  /** Rejects with `timeout` if no reply arrives in time. */
  readonly wait: <A>(reply: Promise<A>) => Promise<A>
  /** Milliseconds after which it rejects at the latest, unless the event loop is blocked. */
  readonly slowestMs: number
}

/** Ticks per time-out. */
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
    // Each tick has a turn of the event loop, so sockets are read between ticks.
    yield* tick.pipe(Effect.repeat(Schedule.spaced(timeoutMs / ticks)), Effect.forkScoped)
    return {
      slowestMs: timeoutMs / ticks * (ticks + 1),
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
