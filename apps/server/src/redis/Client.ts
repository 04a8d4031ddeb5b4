/**
 * One connection to Redis (or to each node of a cluster), and commands that end in time and never throw.
 */
import { Effect, type Scope } from "effect"
import { Cluster, Redis } from "ioredis"
import { type Guard, makeGuard } from "./Guard.ts"
import { connectMs, type RedisSettings, toClusterOptions, toNodes, toRedisOptions } from "./options.ts"
import { RedisFault, toFault } from "./RedisFault.ts"

export type Argument = string | number | Buffer

/** Bulk strings arrive as buffers, whatever they hold. */
export type Reply = null | number | string | Buffer | ReadonlyArray<Reply>

export interface RedisClient extends Pick<Guard, "state" | "onChange"> {
  /** One command, guarded: it ends within the time-out, or at once while the breaker is open. */
  readonly send: (command: string, ...args: ReadonlyArray<Argument>) => Effect.Effect<Reply, RedisFault>
}

/**
 * Connects, and goes on connecting as long as the scope lasts. Succeeds within a second also where Redis is away: the
 * service starts without it.
 */
export const makeRedisClient = (settings: RedisSettings): Effect.Effect<RedisClient, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { onChange, run, state } = yield* makeGuard(
      settings.breakerMs === undefined ? {} : { periodMs: settings.breakerMs }
    )
    const connection = yield* openConnection(settings)
    const gather = connection instanceof Redis ? makeGather(connection) : () => undefined
    const call = (command: string, args: ReadonlyArray<Argument>) => {
      gather()
      return connection.callBuffer(command, ...args) as Promise<Reply>
    }
    // Redirections and retries of a cluster are bounded one by one; this bounds them together.
    const callCluster = (command: string, args: ReadonlyArray<Argument>) =>
      Effect.runPromise(
        Effect.tryPromise({ try: () => call(command, args), catch: toFault }).pipe(
          Effect.timeoutOrElse({
            duration: settings.timeoutMs,
            orElse: () => Effect.fail(new RedisFault({ reason: "timeout" }))
          })
        )
      )
    const callInTime = settings.mode === "cluster" ? callCluster : call
    return { send: (command, ...args) => run(() => callInTime(command, args)), state, onChange }
  })

/** Commands of one turn of the event loop go out together: writing to a socket costs more than all else about them. */
const makeGather = (connection: Redis) => {
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

/** A connection of its own, unguarded; for subscriptions, say. Closed with the scope, within a second. */
export const openConnection = (settings: RedisSettings): Effect.Effect<Redis | Cluster, never, Scope.Scope> =>
  Effect.gen(function*() {
    const runFork = Effect.runForkWith(yield* Effect.context())
    const connection = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const connection = settings.mode === "cluster"
          ? new Cluster(toNodes(settings), toClusterOptions(settings))
          : new Redis(toRedisOptions(settings))
        const unwatch = watch(connection, (log) => void runFork(log))
        return { connection, unwatch }
      }),
      ({ connection, unwatch }) => Effect.andThen(Effect.sync(unwatch), close(connection))
    )
    yield* Effect.tryPromise(() => connection.connection.connect()).pipe(Effect.timeout(connectMs), Effect.ignore)
    return connection.connection
  })

/** Logs when the connection comes and when it goes, not every attempt. Without a listener errors would end the process. */
const watch = (connection: Redis | Cluster, log: (line: Effect.Effect<void>) => void): () => void => {
  const seen: { state: "up" | "down" | undefined } = { state: undefined }
  const change = (state: "up" | "down", line: Effect.Effect<void>) => {
    if (seen.state === state) return
    seen.state = state
    log(line)
  }
  const onReady = () => change("up", Effect.logInfo("Connected to Redis"))
  const onGone = (cause?: unknown) => {
    const why = cause === undefined ? "connection" : toFault(cause).message
    change("down", Effect.logWarning("No connection to Redis").pipe(Effect.annotateLogs({ why })))
  }
  const onError = (cause: unknown) => onGone(cause)
  const onClose = () => onGone()
  connection.on("ready", onReady).on("error", onError).on("close", onClose)
  return () => {
    // The listener for errors stays: closing may still fail.
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
