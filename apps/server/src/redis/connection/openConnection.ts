/**
 * A connection of the client library, and what happens to it.
 */
import { Effect, type Scope } from "effect"
import { type Cluster, Redis } from "ioredis"
import { connectMs } from "../options.ts"

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
  return () => {
    // Keep the error listener: closing may still fail.
    state.isWatched = false
  }
}

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
