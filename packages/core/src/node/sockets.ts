/**
 * Sockets that end with their scope.
 */
import { Effect, type Scope } from "effect"
import type { Socket } from "node:net"
import type { EgressFailure } from "./EgressFailure.ts"
import { closedError, tlsFailure } from "./tlsFailure.ts"

/** A socket that is destroyed with the scope; until then its errors belong to whoever waits for it. */
export const open = <A extends Socket>(make: () => A): Effect.Effect<A, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => make().on("error", () => undefined)),
    (socket) => Effect.sync(() => socket.destroy())
  )

/** Waits until the socket is ready, or for what goes wrong before. Interruption destroys it. */
export const settled = <A extends Socket>(
  socket: A,
  event: "connect" | "secureConnect"
): Effect.Effect<A, EgressFailure> =>
  Effect.callback((resume) => {
    socket.once(event, () => resume(Effect.succeed(socket)))
    socket.once("error", (error) => resume(Effect.fail(tlsFailure(error))))
    socket.once("close", () => resume(Effect.fail(tlsFailure(closedError))))
    return Effect.sync(() => socket.destroy())
  })
