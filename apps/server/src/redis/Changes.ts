/**
 * Change messages over Redis pub/sub: a replica announces the keys that it replaced or forgot, and the others evict
 * them from memory.
 */
import type { Changes } from "@posh/core/cache"
import { Effect, Schedule, type Scope } from "effect"
import { LRUCache } from "lru-cache"
import { randomUUID } from "node:crypto"
import { openSubscription, type RedisClient } from "./Client.ts"
import { connectMs, type RedisSettings } from "./options.ts"
import { makeReplyTimeout } from "./ReplyTimeout.ts"

type Listener = Parameters<Changes["listen"]>[0]

/** How often the subscription is probed: a half-open connection looks like a quiet one. */
const probeInterval = "1 second"

/** Time to publish pending announcements when the process stops. */
const flushTime = "1 second"

/** Maximum of pending announcements, and how many of them one round publishes once Redis is back. */
const maxPending = 100_000
const publishBatch = 500

/**
 * Subscribes on a dedicated connection and publishes through `client`. An announcement that fails stays pending until
 * Redis is back, because other replicas may still hold the stale entry.
 */
export const makeChanges = (
  settings: RedisSettings,
  client: RedisClient,
  prefix: string
): Effect.Effect<Changes, never, Scope.Scope> =>
  Effect.gen(function*() {
    const channel = `${prefix}v1:changes`
    const self = randomUUID()
    const listeners = new Set<Listener>()
    const state = { subscribed: false, connections: 0 }
    const setSubscribed = (subscribed: boolean) => {
      if (state.subscribed === subscribed) return
      state.subscribed = subscribed
      for (const listener of listeners) {
        if (subscribed) listener.back()
        else listener.lost()
      }
    }

    const { wait } = yield* makeReplyTimeout(Math.max(connectMs, settings.timeoutMs))
    const connection = yield* openSubscription(settings)
    // SUBSCRIBE is idempotent: repeated, Redis only confirms it. So it also serves as the probe.
    const subscribe = () => {
      const { connections } = state
      return wait(connection.subscribe(channel)).then(
        () => connections === state.connections && setSubscribed(true),
        () => {
          if (connections !== state.connections) return
          setSubscribed(false)
          if (connection.status === "ready") connection.disconnect(true)
        }
      )
    }
    const onMessage = (_channel: string, message: string) => {
      const [origin, keyText] = message.split(" ", 2)
      if (origin === self || keyText === undefined) return // our own announcement
      for (const listener of listeners) listener.changed(keyText)
    }
    const onReady = () => {
      state.connections += 1
      void subscribe()
    }
    const onClosed = () => {
      state.connections += 1
      setSubscribed(false)
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        connection.on("ready", onReady).on("close", onClosed).on("end", onClosed).on("message", onMessage)
        if (connection.status === "ready") onReady()
      }),
      () =>
        Effect.sync(() => {
          connection.off("ready", onReady).off("close", onClosed).off("end", onClosed).off("message", onMessage)
        })
    )
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
    const probe = Effect.suspend(() => connection.status === "ready" ? Effect.promise(subscribe) : Effect.void)
    yield* probe.pipe(
      Effect.andThen(announcePending),
      Effect.repeat(Schedule.spaced(probeInterval)),
      Effect.forkScoped
    )

    return {
      announce: ({ text }) => announce(text),
      listen: (listener) =>
        Effect.asVoid(Effect.acquireRelease(
          Effect.sync(() => {
            listeners.add(listener)
            if (state.subscribed) listener.back()
          }),
          () => Effect.sync(() => listeners.delete(listener))
        ))
    }
  })
