/**
 * Limits connections, in total and from one network, and the unread responses in them.
 */
import { Effect, Schedule, type Scope } from "effect"
import type { Server, Socket } from "node:net"
import { openFileLimit } from "../process/openFiles.ts"
import { callerBounds, shareOf } from "../service/limits/bounds.ts"
import { networkOf } from "../service/limits/network.ts"
import { clientOf, connectionOf } from "./Connection.ts"

/** Limits the connections of a server until the scope closes; `workers`: processes that share the limit on unread responses. */
export const boundConnections = (
  server: Server,
  wanted: number,
  workers = 1
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const most = yield* fitToOpenFiles(wanted)
    const share = Math.max(1, Math.floor(most * callerBounds.shareOfOne))
    const sockets = new Set<Socket>()
    const ofNetwork = new Map<string, number>()
    const refused = { since: 0 }

    const mostUnread = shareOf(callerBounds.unreadAnswers, workers, callerBounds.pipelinedOctets)

    // Without the latter, the workers of a service would pass a connection round without end while all are full.
    Object.assign(server, { maxConnections: most, dropMaxConnection: true })
    const onConnection = (socket: Socket) => {
      const network = networkOf(clientOf(socket))
      const held = (ofNetwork.get(network) ?? 0) + 1
      if (held > share) {
        refused.since += 1
        return void socket.destroy()
      }
      ofNetwork.set(network, held)
      onSocket(socket)
      socket.once("close", () => {
        const left = (ofNetwork.get(network) ?? 1) - 1
        if (left === 0) ofNetwork.delete(network)
        else ofNetwork.set(network, left)
      })
    }
    const onSocket = (socket: Socket) => {
      sockets.add(socket)
      socket.once("close", () => sockets.delete(socket))
    }
    const onDrop = () => void (refused.since += 1)
    // With TLS, unread octets are buffered in the TLS socket, not in that of the connection.
    server.on("connection", onConnection).on("secureConnection", onSocket).on("drop", onDrop)
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => server.off("connection", onConnection).off("secureConnection", onSocket).off("drop", onDrop))
    )

    yield* Effect.forkScoped(
      Effect.repeat(Effect.sync(() => closeUnread(sockets, mostUnread)), Schedule.spaced("1 second"))
    )
    const report = Effect.suspend(() => {
      const { since } = refused
      refused.since = 0
      return since === 0 ? Effect.void : Effect.logWarning(`closed ${since} connections at once: there were too many`)
    })
    yield* Effect.forkScoped(Effect.repeat(report, Schedule.spaced("1 minute")))
  })

/**
 * Closes connections until at most `most` octets are unread: always one of the caller with the most unread octets, and of
 * those the one with the most. A caller that reads is not disconnected because another does not.
 */
export const closeUnread = (sockets: Iterable<Socket>, most: number): void => {
  const waiting = new Map<string, Array<Socket>>()
  let total = 0
  for (const socket of sockets) {
    if (socket.destroyed || socket.writableLength === 0) continue
    total += socket.writableLength
    const account = connectionOf(socket).account ?? networkOf(clientOf(socket))
    const others = waiting.get(account)
    if (others === undefined) waiting.set(account, [socket])
    else others.push(socket)
  }
  const callers = [...waiting.values()].map((own) => ({
    own: own.sort((left, right) => left.writableLength - right.writableLength),
    octets: own.reduce((sum, { writableLength }) => sum + writableLength, 0)
  }))
  while (total > most) {
    const greatest = callers.reduce((left, right) => right.octets > left.octets ? right : left)
    const socket = greatest.own.pop()
    if (socket === undefined) return
    total -= socket.writableLength
    greatest.octets -= socket.writableLength
    socket.destroy()
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
