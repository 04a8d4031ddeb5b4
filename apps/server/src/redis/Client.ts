/**
 * The connection to Redis for commands (in a cluster one to each node). Commands have a time-out and never throw.
 */
import { Effect, type Scope } from "effect"
import { Cluster, Redis } from "ioredis"
import { type CircuitBreaker, makeCircuitBreaker } from "./CircuitBreaker.ts"
import { type ConnectionLog, makeConnectionLog } from "./connection/ConnectionLog.ts"
import { makeReplaceable } from "./connection/Replaceable.ts"
import { type RedisSettings, toClusterOptions, toNodes, toRedisOptions, whereIs } from "./options.ts"
import { RedisError, toRedisError } from "./RedisError.ts"
import { makeRefusals, type Refusals } from "./Refusals.ts"
import { makeReplyTimeout } from "./ReplyTimeout.ts"

export type Argument = string | number | Buffer

/** Bulk strings arrive as buffers. */
export type Reply = null | number | string | Buffer | ReadonlyArray<Reply>

export interface RedisClient extends Pick<CircuitBreaker, "state" | "onChange"> {
  /** Sends one command. It ends within the time-out; while the breaker is open, it fails at once. */
  readonly send: (command: string, ...args: ReadonlyArray<Argument>) => Effect.Effect<Reply, RedisError>
  /** The commands that Redis refuses. */
  readonly refusals: Refusals
  /** How often it was connected: it grows with every connection. */
  readonly connections: () => number
  /** Connects anew, without losing a command; returns why that failed, and then nothing changes. */
  readonly renew: Effect.Effect<RedisError | undefined>
}

/**
 * Connects, and reconnects until the scope closes. Succeeds within a second even if Redis is away: the service starts
 * without it.
 */
export const makeRedisClient = (settings: RedisSettings): Effect.Effect<RedisClient, never, Scope.Scope> =>
  Effect.gen(function*() {
    const place = whereIs(settings)
    const log = yield* makeConnectionLog("commands", () => place)
    const refusals = yield* makeRefusals(place)
    const { onChange, run, state } = yield* makeCircuitBreaker({
      ...(settings.breakerMs === undefined ? {} : { periodMs: settings.breakerMs }),
      toError: explainedBy(log),
      annotations: { redis: place, connection: "commands" }
    })
    const { wait } = yield* makeReplyTimeout(settings.timeoutMs)
    const seen = { connections: 0 }
    const { current, replace } = yield* makeReplaceable<Redis | Cluster>(
      () =>
        settings.mode === "cluster"
          ? new Cluster(toNodes(settings), toClusterOptions(settings))
          : new Redis(toRedisOptions(settings, log.down)),
      {
        ready: () => {
          seen.connections += 1
          log.up()
        },
        down: log.down
      }
    )
    const corkForTurn = makeWriteBatching()
    const call = (command: string, args: ReadonlyArray<Argument>) => {
      const connection = current()
      if (connection instanceof Redis) corkForTurn(connection)
      return connection.callBuffer(command, ...args) as Promise<Reply>
    }
    return {
      send: (command, ...args) => run(() => wait(call(command, args)), (error) => refusals.settle(command, error)),
      state,
      onChange,
      refusals,
      connections: () => seen.connections,
      renew: replace
    }
  })

/** While there is no connection, the library says only that; the log knows why. */
const explainedBy = (log: ConnectionLog) => (cause: unknown): RedisError => {
  const error = toRedisError(cause)
  const known = error.reason === "connection" && error.word === undefined ? log.cause() : undefined
  return known === undefined || known.reason === "timeout" ? error : new RedisError({ ...known, reason: "connection" })
}

/** Batches the commands of one turn of the event loop into one write: the system call is the expensive part. */
const makeWriteBatching = () => {
  const held: { stream?: Redis["stream"] | undefined } = {}
  const release = (stream: Redis["stream"]) => {
    held.stream = undefined
    stream.uncork()
  }
  return ({ stream }: Redis) => {
    if (stream === undefined || held.stream === stream) return
    held.stream = stream
    stream.cork()
    setImmediate(release, stream)
  }
}
