/**
 * One connection to Redis (or to each node of a cluster). Commands have a time-out and never throw.
 */
import { Effect, type Scope } from "effect"
import { Cluster, Redis } from "ioredis"
import { randomInt } from "node:crypto"
import { type CircuitBreaker, makeCircuitBreaker } from "./CircuitBreaker.ts"
import { connectMs, type RedisSettings, toClusterOptions, toNodes, toRedisOptions } from "./options.ts"
import { type RedisError, toRedisError } from "./RedisError.ts"
import { makeReplyTimeout } from "./ReplyTimeout.ts"

export type Argument = string | number | Buffer

/** Bulk strings arrive as buffers. */
export type Reply = null | number | string | Buffer | ReadonlyArray<Reply>

export interface RedisClient extends Pick<CircuitBreaker, "state" | "onChange"> {
  /** Sends one command. It ends within the time-out; while the breaker is open, it fails at once. */
  readonly send: (command: string, ...args: ReadonlyArray<Argument>) => Effect.Effect<Reply, RedisError>
}

/**
 * Connects, and reconnects until the scope closes. Succeeds within a second even if Redis is away: the service starts
 * without it.
 */
export const makeRedisClient = (settings: RedisSettings): Effect.Effect<RedisClient, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { onChange, run, state } = yield* makeCircuitBreaker(
      settings.breakerMs === undefined ? {} : { periodMs: settings.breakerMs }
    )
    const { wait } = yield* makeReplyTimeout(settings.timeoutMs)
    const connection = yield* openConnection<Redis | Cluster>(() =>
      settings.mode === "cluster"
        ? new Cluster(toNodes(settings), toClusterOptions(settings))
        : new Redis(toRedisOptions(settings))
    )
    const corkForTurn = connection instanceof Redis ? makeWriteBatching(connection) : () => undefined
    const call = (command: string, args: ReadonlyArray<Argument>) => {
      corkForTurn()
      return connection.callBuffer(command, ...args) as Promise<Reply>
    }
    return { send: (command, ...args) => run(() => wait(call(command, args))), state, onChange }
  })

/** Batches the commands of one turn of the event loop into one write: the system call is the expensive part. */
const makeWriteBatching = (connection: Redis) => {
  const held: { stream?: Redis["stream"] | undefined } = {}
  const release = (stream: Redis["stream"]) => {
    held.stream = undefined
    stream.uncork()
  }
  return () => {
    const { stream } = connection
    if (stream === undefined || held.stream === stream) return
    held.stream = stream
    stream.cork()
    setImmediate(release, stream)
  }
}

/**
 * A dedicated connection without breaker. In a cluster every node delivers all messages, so it connects to one of the
 * seed nodes, and to the next one if that fails. The cluster client of the library would move a subscription silently,
 * so lost messages would go unnoticed.
 */
export const openSubscription = (settings: RedisSettings): Effect.Effect<Redis, never, Scope.Scope> =>
  openConnection(() => settings.mode === "cluster" ? toNextNode(settings) : new Redis(toRedisOptions(settings)))

const toNextNode = (settings: RedisSettings): Redis => {
  const nodes = toNodes(settings)
  const state = { turn: randomInt(nodes.length) }
  const connection = new Redis({ ...toRedisOptions({ ...settings, mode: "standalone" }), ...nodes[state.turn] })
  return connection.on("close", () => {
    state.turn = (state.turn + 1) % nodes.length
    Object.assign(connection.options, nodes[state.turn])
  })
}

/** The scope closes the connection, within a second. */
const openConnection = <C extends Redis | Cluster>(make: () => C): Effect.Effect<C, never, Scope.Scope> =>
  Effect.gen(function*() {
    const runFork = Effect.runForkWith(yield* Effect.context())
    const connection = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const connection = make()
        const unwatch = watch(connection, (log) => void runFork(log))
        return { connection, unwatch }
      }),
      ({ connection, unwatch }) => Effect.andThen(Effect.sync(unwatch), close(connection))
    )
    yield* Effect.tryPromise(() => connection.connection.connect()).pipe(Effect.timeout(connectMs), Effect.ignore)
    return connection.connection
  })

/** Logs when the connection is up or down, not every attempt. Without a listener an error would end the process. */
const watch = (connection: Redis | Cluster, log: (line: Effect.Effect<void>) => void): () => void => {
  const seen: { state: "up" | "down" | undefined } = { state: undefined }
  const change = (state: "up" | "down", line: Effect.Effect<void>) => {
    if (seen.state === state) return
    seen.state = state
    log(line)
  }
  const onReady = () => change("up", Effect.logInfo("Connected to Redis"))
  const onGone = (cause?: unknown) => {
    const why = cause === undefined ? "connection" : toRedisError(cause).message
    change("down", Effect.logWarning("No connection to Redis").pipe(Effect.annotateLogs({ why })))
  }
  const onError = (cause: unknown) => onGone(cause)
  const onClose = () => onGone()
  connection.on("ready", onReady).on("error", onError).on("close", onClose)
  return () => {
    // Keep the error listener: closing may still fail.
    seen.state = "down"
    connection.off("ready", onReady)
  }
}

const close = (connection: Redis | Cluster): Effect.Effect<void> =>
  Effect.tryPromise(() => connection.quit()).pipe(
    Effect.timeout(connectMs),
    Effect.ignore,
    Effect.andThen(Effect.sync(() => connection.disconnect()))
  )
