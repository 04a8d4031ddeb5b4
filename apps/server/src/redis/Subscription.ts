/**
 * The subscription to the channel of changes, on a connection of its own. It stands while Redis confirms it and this
 * process hears its own heartbeat: then what others announce arrives, and what this process announces may be sent.
 */
import { Deferred, Effect, Schedule, type Scope } from "effect"
import type { RedisClient } from "./Client.ts"
import { makeConnectionLog } from "./connection/ConnectionLog.ts"
import { openConnection } from "./connection/openConnection.ts"
import { makeSubscriber } from "./connection/subscriber.ts"
import { makeHeartbeat } from "./Heartbeat.ts"
import { connectMs, type RedisSettings } from "./options.ts"
import { RedisError, toRedisError } from "./RedisError.ts"
import { makeReplyTimeout } from "./ReplyTimeout.ts"

export interface SubscriptionOptions {
  readonly settings: RedisSettings
  /** Sends the heartbeat, as it sends announcements. */
  readonly client: RedisClient
  readonly channel: string
  /** The heartbeat; no other message is the same. */
  readonly self: string
  readonly onMessage: (message: string) => void
  readonly onChange: (stands: boolean) => void
}

export interface Subscription {
  /** Connects anew. */
  readonly renew: Effect.Effect<void>
}

/** How often the subscription is probed: a half-open connection looks like a quiet one. */
const probeInterval = "1 second"

/** While SUBSCRIBE is refused, the pause before the next attempt doubles with each, up to so many seconds. */
const maxPause = 8

/** Opens the subscription, and keeps it until the scope closes. Waits a second at most until it stands. */
export const makeSubscription = (
  { channel, client, onChange, onMessage, self, settings }: SubscriptionOptions
): Effect.Effect<Subscription, never, Scope.Scope> =>
  Effect.gen(function*() {
    const runFork = Effect.runForkWith(yield* Effect.context())
    const timeout = yield* makeReplyTimeout(Math.max(connectMs, settings.timeoutMs))
    const heartbeat = makeHeartbeat(client, channel, self, timeout)
    const stood = yield* Deferred.make<void>()
    const { backOff, connection, place, renew } = makeSubscriber(settings, (cause) => log.down(cause))
    const log = yield* makeConnectionLog("channel", place)
    const state = { connections: 0, isReady: false, isSubscribed: false, isHeard: false, stands: false, refusals: 0 }
    const pause = { seconds: 0 }

    const change = (parts: Partial<typeof state>) => {
      Object.assign(state, parts)
      const stands = state.isSubscribed && state.isHeard
      if (stands === state.stands) return
      state.stands = stands
      if (stands) {
        log.up()
        Deferred.doneUnsafe(stood, Effect.void)
      }
      onChange(stands)
    }

    const onRejected = (cause: unknown) => {
      const error = toRedisError(cause)
      change({ isSubscribed: false, isHeard: false })
      if (error.reason !== "connection") log.down(error)
      if (error.reason !== "refused") {
        if (connection.status === "ready") connection.disconnect(true)
        return
      }
      pause.seconds = Math.min(2 ** state.refusals, maxPause)
      state.refusals += 1
    }
    // SUBSCRIBE is idempotent: repeated, Redis only confirms it. So it also serves as the probe.
    const subscribe = Effect.suspend(() => {
      const { connections } = state
      if (!state.isReady) return Effect.void
      const settle = (settled: () => void) => {
        if (connections === state.connections) settled()
      }
      return Effect.promise(() =>
        timeout.wait(connection.subscribe(channel)).then(
          () => settle(() => change({ isSubscribed: true, refusals: 0 })),
          (cause: unknown) => settle(() => onRejected(cause))
        )
      )
    })

    const beat = Effect.suspend(() => {
      const { connections, isSubscribed } = state
      return !isSubscribed ? Effect.void : Effect.map(heartbeat.send, (result) => {
        if (result === "unknown" || connections !== state.connections) return
        if (result === "heard") backOff.reset()
        if (result === "lost") log.down(new RedisError({ reason: "timeout", detail: "no heartbeat arrives" }))
        change({ isHeard: result === "heard" })
      })
    })

    const onReady = () => {
      state.connections += 1
      change({ isReady: true, isSubscribed: false, isHeard: false, refusals: 0 })
      runFork(Effect.andThen(subscribe, beat))
    }
    const onClosed = () => {
      // As some proxies do that do not know SUBSCRIBE.
      const isCut = state.isReady && !state.isSubscribed
      log.down(isCut ? new RedisError({ reason: "connection", detail: "closed after SUBSCRIBE" }) : undefined)
      state.connections += 1
      change({ isReady: false, isSubscribed: false, isHeard: false })
    }
    connection.on("message", (_channel: string, message: string) => {
      if (message === self) heartbeat.heard()
      else onMessage(message)
    })
    yield* openConnection(() => connection, {
      ready: onReady,
      down: (cause) => cause === undefined ? onClosed() : log.down(cause)
    })
    const probe = Effect.suspend(() => {
      pause.seconds -= 1
      return pause.seconds > 0 ? Effect.void : Effect.all([subscribe, beat], { concurrency: 2, discard: true })
    })
    yield* probe.pipe(Effect.repeat(Schedule.spaced(probeInterval)), Effect.forkScoped)
    if (state.isReady) yield* Effect.ignore(Effect.timeout(Deferred.await(stood), connectMs))
    return { renew: Effect.sync(renew) }
  })
