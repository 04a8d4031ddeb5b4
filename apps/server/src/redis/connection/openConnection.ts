/**
 * A connection of the client library, and what happens to it.
 */
import { Effect, type Scope } from "effect"
import { Cluster, Redis } from "ioredis"
import { connectMs } from "../options.ts"
import { RedisError } from "../RedisError.ts"

export interface Watcher {
  readonly ready: () => void
  /** Without a cause: it was closed. */
  readonly down: (cause?: unknown) => void
}

/** Waits for the first connection, a second at most. The scope closes it, within a second. */
export const openConnection = <C extends Redis | Cluster>(
  make: () => C,
  watcher: Watcher
): Effect.Effect<C, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { connection } = yield* Effect.acquireRelease(
      Effect.sync(() => {
        const connection = make()
        return { connection, unwatch: watch(connection, watcher) }
      }),
      ({ connection, unwatch }) => Effect.andThen(Effect.sync(unwatch), close(connection))
    )
    yield* Effect.tryPromise(() => connection.connect()).pipe(Effect.timeout(connectMs), Effect.ignore)
    return connection
  })

/** Without a listener an error would end the process. */
const watch = (connection: Redis | Cluster, { down, ready }: Watcher): () => void => {
  const state = { isWatched: true }
  const note = (event: () => void) => () => state.isWatched && event()
  const onError = (cause: unknown) => {
    if (isInHandshake(connection)) connection.disconnect(true)
    if (state.isWatched) down(cause)
  }
  connection.on("ready", note(ready)).on("error", onError).on("close", note(() => down()))
  // The library asks for the state of a cluster before it is ready, and drops the answer if it does not like it.
  if (connection instanceof Cluster) connection.on("connect", () => void stateOf(connection).catch(onError))
  return () => {
    // Keep the error listener: closing may still fail.
    state.isWatched = false
  }
}

const stateOf = (cluster: Cluster): Promise<void> =>
  cluster.cluster("INFO").then((info) => {
    if (/cluster_state:fail/.test(info)) throw new RedisError({ reason: "connection", word: "CLUSTERDOWN" })
  })

/**
 * The library goes on in database 0 if SELECT fails. Another deployment may own that one, so no command may be sent: the
 * connection is ended before it is ready.
 */
const isInHandshake = (connection: Redis | Cluster): boolean =>
  connection instanceof Redis && connection.status === "connect"

const close = (connection: Redis | Cluster): Effect.Effect<void> =>
  Effect.tryPromise(() => connection.quit()).pipe(
    Effect.timeout(connectMs),
    Effect.ignore,
    Effect.andThen(Effect.sync(() => connection.disconnect()))
  )
