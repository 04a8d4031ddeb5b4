/**
 * The connection to Redis for commands (in a cluster one to each node). Commands have a time-out and never throw.
 */
import { Effect, Result, type Scope } from "effect"
import { Cluster, Redis } from "ioredis"
import { type CircuitBreaker, makeCircuitBreaker } from "./CircuitBreaker.ts"
import { type Argument, type CallCommand, type Reply, sendBy, type SendCommand } from "./Command.ts"
import { type ConnectionLog, makeConnectionLog } from "./connection/ConnectionLog.ts"
import { makeReplaceable } from "./connection/Replaceable.ts"
import { type RedisSettings, toClusterOptions, toNodes, toRedisOptions, whereIs } from "./options.ts"
import { RedisError, toRedisError } from "./RedisError.ts"
import { makeRefusals, type Refusals } from "./Refusals.ts"
import { makeReplyTimeout } from "./ReplyTimeout.ts"

export interface RedisClient extends Pick<CircuitBreaker, "state" | "onChange"> {
  /** Sends one command, and hands on its result, once. It ends within `slowestMs`; while the breaker is open, it fails at once. */
  readonly call: CallCommand
  /** The same as an effect. */
  readonly send: SendCommand
  /** Milliseconds within which a command ends, unless this process is late itself. */
  readonly slowestMs: number
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
    const { attempt, onChange, state } = yield* makeCircuitBreaker({
      ...(settings.breakerMs === undefined ? {} : { periodMs: settings.breakerMs }),
      toError: explainedBy(log),
      annotations: { redis: place, connection: "commands" }
    })
    const { slowestMs, wait } = yield* makeReplyTimeout(settings.timeoutMs)
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
    const write = (command: string, args: ReadonlyArray<Argument>) => {
      const connection = current()
      if (connection instanceof Redis) corkForTurn(connection)
      return connection.callBuffer(command, ...args) as Promise<Reply>
    }
    const call: CallCommand = (command, args, done) =>
      attempt(() => wait(write(command, args)), (reply) => {
        const error = Result.isFailure(reply) ? reply.failure : undefined
        if (error?.reason !== "open") refusals.settle(command, error)
        done(reply)
      })
    return {
      call,
      send: sendBy(call),
      slowestMs,
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
