/**
 * A TCP proxy in front of a server that fails as networks do: silently. Closed and refused connections are the easy
 * case; here connections stay open, and no packet arrives.
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import { connect, createServer } from "node:net"
import type { Socket } from "node:net"
import { listen, LOOPBACK } from "../listen.ts"

export interface Network {
  /** The port of the proxy. */
  readonly port: number
  /** A black hole: no data arrives on either side, no connection closes, and new ones get no reply. */
  readonly freeze: () => Effect.Effect<void>
  /** Ends `freeze`: data that was sent meanwhile arrives, as by TCP retransmission. */
  readonly thaw: () => Effect.Effect<void>
  /** Makes connections half-open: closed for the server, open and silent for clients. New connections work. */
  readonly forget: () => Effect.Effect<void>
}

/** The scope closes all connections. */
export const makeNetwork = (serverPort: number): Effect.Effect<Network, never, Scope.Scope> =>
  Effect.gen(function*() {
    const connections = new Set<Connection>()
    const state = { frozen: false }
    const onConnection = (near: Socket) => {
      const connection: Connection = { near, far: undefined, forgotten: false }
      connections.add(connection)
      near.pause().on("error", ignore).on("close", () => {
        if (!state.frozen) drop(connections, connection)
      })
      if (!state.frozen) flow(connection, serverPort)
    }
    yield* Effect.addFinalizer(() => Effect.sync(() => connections.forEach((each) => drop(connections, each))))
    const port = yield* listen(createServer({ allowHalfOpen: true }, onConnection))
    return {
      port,
      freeze: () =>
        Effect.sync(() => {
          state.frozen = true
          connections.forEach(stop)
        }),
      thaw: () =>
        Effect.sync(() => {
          state.frozen = false
          for (const connection of connections) {
            if (connection.near.destroyed) drop(connections, connection)
            else flow(connection, serverPort)
          }
        }),
      forget: () =>
        Effect.sync(() => {
          for (const connection of connections) {
            connection.forgotten = true
            stop(connection)
            connection.far?.destroy()
            connection.near.resume() // data that clients still send is lost
          }
        })
    }
  })

interface Connection {
  readonly near: Socket
  far: Socket | undefined
  forgotten: boolean
}

const ignore = () => undefined

const flow = (connection: Connection, serverPort: number): void => {
  if (connection.forgotten) return
  const { near } = connection
  const far = connection.far ?? connect({ port: serverPort, host: LOOPBACK, allowHalfOpen: true }).on("error", ignore)
    .on("close", () => {
      if (!connection.forgotten) near.destroy()
    })
  connection.far = far
  near.pipe(far)
  far.pipe(near)
}

const stop = ({ far, near }: Connection): void => {
  near.unpipe().pause()
  far?.unpipe().pause()
}

const drop = (connections: Set<Connection>, connection: Connection): void => {
  connections.delete(connection)
  connection.near.destroy()
  connection.far?.destroy()
}
