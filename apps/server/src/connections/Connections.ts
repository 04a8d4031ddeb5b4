/**
 * Limits connections, in total and from one network, and the unread responses in them. All listeners of callers have these limits
 * together: what they protect, memory and open files, is that of the process.
 */
import { Context, Effect, Layer, Schedule, type Scope } from "effect"
import type { Server, Socket } from "node:net"
import { openFileLimit } from "../process/openFiles.ts"
import { callerBounds, shareOf } from "../service/limits/bounds.ts"
import { networkOf } from "../service/limits/network.ts"
import { clientOf, connectionOf } from "./Connection.ts"
import { closeUnread, type Unread } from "./Unread.ts"

export interface ConnectionSettings {
  /** Of this process. */
  readonly maxConnections: number
  /** Processes that share the limit of unread responses. Default 1. */
  readonly workers?: number
  /** Octets, of all of them. Default that of `callerBounds`. */
  readonly unreadAnswers?: number
}

export interface ConnectionsShape {
  /** Limits the connections of a server until the scope closes. */
  readonly bound: (server: Server) => Effect.Effect<void, never, Scope.Scope>
  /** Counts what is unread elsewhere than in sockets, until the scope closes. */
  readonly count: (unread: () => Iterable<Unread>) => Effect.Effect<void, never, Scope.Scope>
}

/** Those of callers; `undefined`: a listener has limits of its own. */
const Connections = Context.Reference<ConnectionsShape | undefined>("posh/server/connections/Connections", {
  defaultValue: () => undefined
})

export const layerConnections = (settings: ConnectionSettings): Layer.Layer<never> =>
  Layer.effect(Connections)(makeConnections(settings))

/** The shared ones, or else new ones. */
export const connectionsOr = (settings: ConnectionSettings): Effect.Effect<ConnectionsShape, never, Scope.Scope> =>
  Effect.flatMap(Connections, (shared) => shared === undefined ? makeConnections(settings) : Effect.succeed(shared))

const makeConnections = (
  { maxConnections, unreadAnswers = callerBounds.unreadAnswers, workers = 1 }: ConnectionSettings
): Effect.Effect<ConnectionsShape, never, Scope.Scope> =>
  Effect.gen(function*() {
    const most = yield* fitToOpenFiles(maxConnections)
    const share = Math.max(1, Math.floor(most * callerBounds.shareOfOne))
    const ofNetwork = new Map<string, number>()
    const state = { open: 0, refused: 0 }
    const sources = new Set<() => Iterable<Unread>>()

    const onDrop = () => void (state.refused += 1)
    const onConnection = (socket: Socket) => {
      const network = networkOf(clientOf(socket))
      const held = (ofNetwork.get(network) ?? 0) + 1
      if (held > share || state.open >= most) {
        onDrop()
        return void socket.destroy()
      }
      state.open += 1
      ofNetwork.set(network, held)
      socket.once("close", () => {
        state.open -= 1
        const left = (ofNetwork.get(network) ?? 1) - 1
        if (left === 0) ofNetwork.delete(network)
        else ofNetwork.set(network, left)
      })
    }

    const mostUnread = shareOf(unreadAnswers, workers, callerBounds.pipelinedOctets)
    const look = Effect.sync(() => closeUnread(everything(sources), mostUnread)).pipe(
      Effect.catchCause((cause) => Effect.logError("unread answers could not be looked at", cause))
    )
    yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced("1 second")))
    const report = Effect.suspend(() => {
      const { refused } = state
      state.refused = 0
      return refused === 0
        ? Effect.void
        : Effect.logWarning(`closed ${refused} connections at once: there were too many`)
    })
    yield* Effect.forkScoped(Effect.repeat(report, Schedule.spaced("1 minute")))

    const count: ConnectionsShape["count"] = (unread) =>
      Effect.asVoid(Effect.acquireRelease(
        Effect.sync(() => sources.add(unread)),
        () => Effect.sync(() => sources.delete(unread))
      ))
    return {
      count,
      bound: (server) =>
        Effect.gen(function*() {
          const sockets = new Set<Socket>()
          const onSocket = (socket: Socket) => {
            if (socket.destroyed) return
            sockets.add(socket)
            socket.once("close", () => sockets.delete(socket))
          }
          // Without the latter, the workers of a service would pass a connection round without end while all are full.
          Object.assign(server, { maxConnections: most, dropMaxConnection: true })
          // With TLS, unread octets are buffered in the TLS socket, not in that of the connection.
          server.on("connection", onConnection).on("connection", onSocket).on("secureConnection", onSocket)
            .on("drop", onDrop)
          yield* Effect.addFinalizer(() =>
            Effect.sync(() =>
              server.off("connection", onConnection).off("connection", onSocket).off("secureConnection", onSocket)
                .off("drop", onDrop)
            )
          )
          yield* count(() => unreadIn(sockets))
        })
    }
  })

function* everything(sources: Iterable<() => Iterable<Unread>>): Iterable<Unread> {
  for (const source of sources) yield* source()
}

/** What sockets hold. */
export function* unreadIn(sockets: Iterable<Socket>): Iterable<Unread> {
  for (const socket of sockets) {
    if (socket.destroyed || socket.writableLength === 0) continue
    yield {
      account: connectionOf(socket).account ?? networkOf(clientOf(socket)),
      octets: socket.writableLength,
      close: () => void socket.destroy()
    }
  }
}

/** Records the caller of a connection. Behind a proxy that is the last one. */
export const noteAccount = (socket: Socket, account: string): void => {
  connectionOf(socket).account = account
}

/** Each connection is an open file. Without a reserve, callers could use up those that origins need. */
const fitToOpenFiles = (wanted: number): Effect.Effect<number> =>
  Effect.gen(function*() {
    const files = openFileLimit() // Node.js raises the soft limit to the hard one
    if (files === undefined || files - callerBounds.otherFiles >= wanted) return wanted
    const most = Math.max(1, files - callerBounds.otherFiles)
    yield* Effect.logWarning(
      `only ${files} files may be open (ulimit -n), so there may be ${most} connections instead of ${wanted}`
    )
    return most
  })
