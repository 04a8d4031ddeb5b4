/**
 * Logs when a connection is up or down, not every attempt: when it begins, when its cause changes, and when it ends.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect } from "effect"
import { type RedisError, toRedisError } from "../RedisError.ts"
import { makeEpisodes } from "./Episodes.ts"

/** `commands`: what is cached and leads. `channel`: what other replicas changed. */
export type ConnectionName = "commands" | "channel"

export interface ConnectionLog {
  readonly up: () => void
  /** Without a cause it says only that the connection ended; a known cause stays. */
  readonly down: (cause?: unknown) => void
  /** Why it is down; `undefined` if it is up. */
  readonly cause: () => RedisError | undefined
}

const messages = {
  commands: { up: "Connected to Redis", down: "No connection to Redis" },
  channel: { up: "The channel of changes is up", down: "The channel of changes is down" }
} as const

/** `redis`: where Redis is, for people; called for each line. */
export const makeConnectionLog = (name: ConnectionName, redis: () => string): Effect.Effect<ConnectionLog> =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const runFork = Effect.runForkWith(yield* Effect.context())
    const episodes = makeEpisodes()
    const state: { isUp: boolean; cause: RedisError | undefined } = { isUp: false, cause: undefined }

    const log = (line: Effect.Effect<void>, more: object = {}) =>
      void runFork(Effect.annotateLogs(line, { redis: redis(), connection: name, ...more }))
    const logDown = ({ message }: RedisError) => {
      if (!episodes.begin(name, message, monotonicMsOf(clock))) return
      log(Effect.logWarning(messages[name].down), { why: message })
    }

    return {
      up: () => {
        if (state.isUp) return
        const { cause } = state
        Object.assign(state, { isUp: true, cause: undefined })
        if (cause !== undefined && episodes.causeOf(name) === undefined) logDown(cause)
        if (episodes.end(name) || cause === undefined) log(Effect.logInfo(messages[name].up))
      },
      down: (reason) => {
        const error = toRedisError(reason)
        const wasUp = state.isUp
        state.isUp = false
        const isVague = isWithoutCause(error)
        if (isVague && state.cause !== undefined && !isWithoutCause(state.cause)) return
        state.cause = error
        // The next attempt to connect knows more.
        if (!(wasUp && isVague)) logDown(error)
      },
      cause: () => state.cause
    }
  })

const isWithoutCause = ({ detail, word }: RedisError): boolean => word === undefined && detail === undefined
