/**
 * Scoped sockets.
 */
import { Effect, type Scope } from "effect"
import type { Socket } from "node:net"
import type { EgressError } from "./EgressError.ts"
import { closedError, toTlsError } from "./tlsError.ts"

/**
 * A socket that the scope destroys. The no-op listener keeps an error from ending the process; `whenReady` reports it.
 */
export const openScoped = <A extends Socket>(make: () => A): Effect.Effect<A, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => make().on("error", () => undefined)),
    (socket) => Effect.sync(() => socket.destroy())
  )

/**
 * Waits until the socket is ready; fails with the first error before that. Interruption destroys the socket. An error is made
 * only where somebody still waits: every socket closes in the end, and an error takes a stack trace.
 */
export const whenReady = <A extends Socket>(
  socket: A,
  event: "connect" | "secureConnect"
): Effect.Effect<A, EgressError> =>
  Effect.callback((resume) => {
    socket.once(event, () => resume(Effect.succeed(socket)))
    socket.once("error", (error) => resume(Effect.suspend(() => Effect.fail(toTlsError(error)))))
    socket.once("close", () => resume(Effect.suspend(() => Effect.fail(toTlsError(closedError)))))
    return Effect.sync(() => socket.destroy())
  })
