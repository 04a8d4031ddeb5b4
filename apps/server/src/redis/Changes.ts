/**
 * Who changed what: the channel by which the processes of a fleet tell each other, so that what one of them replaced or
 * forgot, the others drop from their memory.
 */
import type { Changes } from "@posh/core"
import { Effect, Schedule, type Scope } from "effect"
import { LRUCache } from "lru-cache"
import { randomUUID } from "node:crypto"
import { openSubscription, type RedisClient } from "./Client.ts"
import { connectMs, type RedisSettings } from "./options.ts"
import { makeReplyTimeout } from "./ReplyTimeout.ts"

type Listener = Parameters<Changes["listen"]>[0]

/** How often the channel is tried: a connection that the network lost without a word looks like one that is quiet. */
const probeInterval = "1 second"

/** For what is still owed when the process stops: it would be lost. */
const flushTime = "1 second"

/** Announcements that are owed at most, and made at once when Redis is back. */
const maxPending = 100_000
const publishBatch = 500

/**
 * Subscribes on a connection of its own, and announces through `client`. What cannot be announced is announced when Redis
 * is back: others may have gone on to remember it.
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
    // Asked for again, a subscription is only confirmed: so this is the trial as well.
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
      if (origin === self || keyText === undefined) return // what we changed, we know
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
