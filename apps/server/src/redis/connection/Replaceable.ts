/**
 * A connection that can be replaced while it is used: no command is lost, and where the new one does not come about, the
 * old one stays.
 */
import { Effect, Exit, Scope } from "effect"
import type { Cluster, Redis } from "ioredis"
import { type RedisError, toRedisError } from "../RedisError.ts"
import { openConnection, type Watcher } from "./openConnection.ts"

export interface Replaceable<C> {
  readonly current: () => C
  /** Opens another one, and closes the old one if that succeeds; otherwise returns why not. */
  readonly replace: Effect.Effect<RedisError | undefined>
}

/** The watcher hears of the current one only, and that it is ready when it became the current one. */
export const makeReplaceable = <C extends Redis | Cluster>(
  make: () => C,
  watcher: Watcher
): Effect.Effect<Replaceable<C>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const parent = yield* Effect.scope
    const open = Effect.fnUntraced(function*(isCurrent: boolean) {
      const scope = yield* Scope.fork(parent)
      const state: { isCurrent: boolean; cause: unknown } = { isCurrent, cause: undefined }
      const connection = yield* Scope.provide(
        openConnection(make, {
          ready: () => {
            if (state.isCurrent) watcher.ready()
          },
          down: (cause) => {
            state.cause = cause ?? state.cause
            if (state.isCurrent) watcher.down(cause)
          }
        }),
        scope
      )
      return { connection, scope, state }
    })

    const held = { now: yield* open(true) }
    const replace = Effect.gen(function*() {
      const next = yield* open(false)
      if (next.connection.status !== "ready") {
        yield* close(next.scope)
        return toRedisError(next.state.cause)
      }
      const before = held.now
      held.now = next
      before.state.isCurrent = false
      next.state.isCurrent = true
      watcher.ready()
      // QUIT comes after the commands under way.
      yield* close(before.scope)
      return undefined
    })
    return { current: () => held.now.connection, replace: Effect.uninterruptible(replace) }
  })

const close = (scope: Scope.Closeable) => Scope.close(scope, Exit.void)
