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
const trialInterval = "1 second"

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
    const state = { stands: false, connections: 0 }
    const tell = (stands: boolean) => {
      if (state.stands === stands) return
      state.stands = stands
      for (const listener of listeners) {
        if (stands) listener.back()
        else listener.lost()
      }
    }

    const { wait } = yield* makeReplyTimeout(Math.max(connectMs, settings.timeoutMs))
    const connection = yield* openSubscription(settings)
    // Asked for again, a subscription is only confirmed: so this is the trial as well.
    const subscribe = () => {
      const { connections } = state
      return wait(connection.subscribe(channel)).then(
        () => connections === state.connections && tell(true),
        () => {
          if (connections !== state.connections) return
          tell(false)
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
    const onGone = () => {
      state.connections += 1
      tell(false)
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => {
        connection.on("ready", onReady).on("close", onGone).on("end", onGone).on("message", onMessage)
        if (connection.status === "ready") onReady()
      }),
      () =>
        Effect.sync(() => {
          connection.off("ready", onReady).off("close", onGone).off("end", onGone).off("message", onMessage)
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
    const trial = Effect.suspend(() => connection.status === "ready" ? Effect.promise(subscribe) : Effect.void)
    yield* trial.pipe(
      Effect.andThen(announcePending),
      Effect.repeat(Schedule.spaced(trialInterval)),
      Effect.forkScoped
    )

    return {
      announce: ({ text }) => announce(text),
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
