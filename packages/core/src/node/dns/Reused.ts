/**
 * One connection that queries share while it lives.
 */
import { Effect, Exit, Scope, Semaphore } from "effect"
import type { Socket } from "node:net"

/** What is made of a connection. */
export interface Reusable {
  readonly socket: Socket
  /** It gets no more queries, and closes once those under way have ended. */
  readonly retire: () => void
}

/**
 * Gives the connection that is open, or opens one: one at a time, however many ask.
 *
 * **Details**
 *
 * Who opens it may be interrupted; then the next one who waits opens another. The scope destroys what is open at its end.
 *
 * @param basis what a connection is opened on the strength of: one that was opened on another gets no more queries
 */
export const makeReused = <A extends Reusable, E>(
  open: Effect.Effect<A, E, Scope.Scope>,
  basis: () => unknown = () => undefined
): Effect.Effect<Effect.Effect<A, E>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const state: { current?: { readonly connection: A; readonly basis: unknown } } = {}
    const lock = yield* Semaphore.make(1)
    yield* Effect.addFinalizer(() => Effect.sync(() => state.current?.connection.socket.destroy()))
    const current = () => {
      if (state.current === undefined) return undefined
      const { connection } = state.current
      if (!connection.socket.destroyed && state.current.basis === basis()) return connection
      delete state.current
      connection.retire()
      return undefined
    }
    const opened = Effect.suspend(() => {
      const since = basis() // before it is opened: what changes meanwhile does not count for it
      return Effect.tap(outliving(open), (connection) =>
        Effect.sync(() => {
          state.current = { connection, basis: since }
        }))
    })
    const find = (otherwise: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.suspend(() => {
        const connection = current()
        return connection === undefined ? otherwise : Effect.succeed(connection)
      })
    return find(lock.withPermits(1)(find(opened)))
  })

/** Queries without an answer after which a connection counts as dead. More than one: callers give up early, too. */
const mostUnanswered = 4

/** What is heard of a connection. */
export interface Hearing {
  readonly heard: () => void
  readonly unanswered: () => void
}

/** Destroys a connection whose other end has vanished without a word: a write to it fails after many minutes only. */
export const makeHearing = (socket: Socket): Hearing => {
  const state = { unanswered: 0 }
  return {
    heard: () => {
      state.unanswered = 0
    },
    unanswered: () => {
      state.unanswered += 1
      if (state.unanswered >= mostUnanswered) socket.destroy()
    }
  }
}

/** A resource that is released if opening it fails or is interrupted, and otherwise stays. */
const outliving = <A, E>(open: Effect.Effect<A, E, Scope.Scope>): Effect.Effect<A, E> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      Scope.make(),
      (scope) =>
        restore(Scope.provide(open, scope)).pipe(Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))))
    )
  )
