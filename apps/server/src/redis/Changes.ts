/**
 * Change messages over Redis pub/sub: a replica announces the keys that it replaced or forgot, and the others evict
 * them from memory.
 */
import type { Changes } from "@posh/core/cache"
import { Effect, Schedule, type Scope } from "effect"
import { LRUCache } from "lru-cache"
import { randomUUID } from "node:crypto"
import type { RedisClient } from "./Client.ts"
import type { RedisSettings } from "./options.ts"
import { makeSubscription, type Subscription } from "./Subscription.ts"

type Listener = Parameters<Changes["listen"]>[0]

/** How often pending announcements are tried again. */
const retryInterval = "1 second"

/** Time to publish pending announcements when the process stops. */
const flushTime = "1 second"

/** Maximum of pending announcements, and how many of them one round publishes once Redis is back. */
const maxPending = 100_000
const publishBatch = 500

export interface RedisChanges extends Changes, Subscription {
  /** Does the channel work, in both directions? */
  readonly stands: () => boolean
}

/**
 * Subscribes on a dedicated connection and publishes through `client`. An announcement that fails stays pending until
 * Redis is back, because other replicas may still hold the stale entry.
 */
export const makeChanges = (
  settings: RedisSettings,
  client: RedisClient,
  prefix: string
): Effect.Effect<RedisChanges, never, Scope.Scope> =>
  Effect.gen(function*() {
    const channel = `${prefix}v1:changes`
    const self = randomUUID()
    const listeners = new Set<Listener>()
    const state = { stands: false }
    const onChange = (stands: boolean) => {
      state.stands = stands
      for (const listener of listeners) {
        if (stands) listener.back()
        else listener.lost()
      }
    }
    const onMessage = (message: string) => {
      const [origin, keyText] = message.split(" ", 2)
      if (origin === self || keyText === undefined) return // our own announcement, or a heartbeat
      for (const listener of listeners) listener.changed(keyText)
    }
    const { renew } = yield* makeSubscription({ settings, client, channel, self, onMessage, onChange })

    const pending = new LRUCache<string, true>({ max: maxPending })
    const announce = (keyText: string) =>
      Effect.match(client.send("PUBLISH", channel, `${self} ${keyText}`), {
        onFailure: () => {
          pending.set(keyText, true)
          return false
        },
        onSuccess: () => {
          pending.delete(keyText)
          return true
        }
      })
    const announcePending = Effect.suspend(() => {
      const some = client.state() === "closed" ? [...pending.rkeys()].slice(0, publishBatch) : []
      return Effect.forEach(some, announce, { discard: true })
    })
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(announcePending, flushTime)))
    yield* Effect.forkScoped(Effect.repeat(announcePending, Schedule.spaced(retryInterval)))

    return {
      announce: ({ text }) => announce(text),
      stands: () => state.stands,
      renew,
      listen: (listener) =>
        Effect.asVoid(Effect.acquireRelease(
          Effect.sync(() => {
            listeners.add(listener)
            if (state.stands) listener.back()
          }),
          () => Effect.sync(() => listeners.delete(listener))
        ))
    }
  })
