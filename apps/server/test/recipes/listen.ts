/** Servers on a port of their own. */
import { Effect } from "effect"
import type { AddressInfo, Server, Socket } from "node:net"

/** The port, until the scope closes. */
export const listen = (server: Server) =>
  Effect.acquireRelease(
    Effect.callback<ReadonlySet<Socket>>((resume) => {
      const sockets = new Set<Socket>()
      server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => undefined)))
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(sockets)))
    }),
    (sockets) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
  ).pipe(Effect.map(() => (server.address() as AddressInfo).port))
