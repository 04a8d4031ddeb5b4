/** Scoped listeners on loopback: the scope closes them at once, with all connections. */
import { Effect, Schedule } from "effect"
import type { Scope } from "effect"
import type { AddressInfo, Server, Socket } from "node:net"

export const LOOPBACK = "127.0.0.1"

/** Where to listen. Default: loopback and a free port. */
export interface ListenAt {
  readonly address?: string
  readonly port?: number
}

/** How long a given port is tried: on a busy machine, a connection of another test may hold it for a moment. */
const portRetries = { times: 40, schedule: Schedule.spaced("50 millis") } as const

/** Listens and returns the port; port 0 picks a free one. A port that stays in use is a defect. */
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
  const start = Effect.callback<number, Error>((resume) => {
    const onError = (error: Error) => resume(Effect.fail(error))
    server.once("error", onError)
    server.listen(port, address, () => {
      server.off("error", onError)
      resume(Effect.succeed((server.address() as AddressInfo).port))
    })
  }).pipe(Effect.retry(portRetries), Effect.orDie)
  const stop = Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
    for (const socket of sockets) socket.destroy()
  })
  return Effect.acquireRelease(start, () => stop)
}
