/** Scoped listeners on loopback: the scope closes them at once, with all connections. */
import { Effect } from "effect"
import type { Scope } from "effect"
import type { AddressInfo, Server, Socket } from "node:net"

export const LOOPBACK = "127.0.0.1"

/** Where to listen. Default: loopback and a free port. */
export interface ListenAt {
  readonly address?: string
  readonly port?: number
}

/** Listens and returns the port; port 0 picks a free one. A port in use is a defect. */
export const listen = (
  server: Server,
  { address = LOOPBACK, onConnection, port = 0 }: ListenAt & {
    readonly onConnection?: (socket: Socket) => void
  } = {}
): Effect.Effect<number, never, Scope.Scope> => {
  const sockets = new Set<Socket>()
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
    // Clients that disconnect early are part of the tests.
    socket.on("error", () => undefined)
    onConnection?.(socket)
  })
  const start = Effect.callback<number>((resume) => {
    server.once("error", (error) => resume(Effect.die(error)))
    server.listen(port, address, () => resume(Effect.succeed((server.address() as AddressInfo).port)))
  })
  const stop = Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    for (const socket of sockets) socket.destroy()
  })
  return Effect.acquireRelease(start, () => stop)
}
