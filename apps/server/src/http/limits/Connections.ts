/**
 * How many connections there may be, from one network and in all, and how much may wait in them for callers that do not
 * read their answers.
 */
import { Effect, Schedule, type Scope } from "effect"
import { readFile } from "node:fs/promises"
import type { Server, Socket } from "node:net"
import { callerBounds } from "../../service/limits/bounds.ts"
import { networkOf } from "../../service/limits/network.ts"
import { connectionOf } from "../listener/Connection.ts"

/** Bounds the connections of a server as long as the scope lasts. */
export const boundConnections = (server: Server, wanted: number): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const most = yield* fitToOpenFiles(wanted)
    const share = Math.max(1, Math.floor(most * callerBounds.shareOfOne))
    const sockets = new Set<Socket>()
    const ofNetwork = new Map<string, number>()
    const refused = { since: 0 }

    server.maxConnections = most
    const onConnection = (socket: Socket) => {
      const network = networkOf(socket.remoteAddress ?? "")
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
    // With TLS, what waits for a caller waits in a socket above that of the connection.
    server.on("connection", onConnection).on("secureConnection", onSocket).on("drop", onDrop)
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => server.off("connection", onConnection).off("secureConnection", onSocket).off("drop", onDrop))
    )

    yield* Effect.forkScoped(
      Effect.repeat(Effect.sync(() => closeUnread(sockets, callerBounds.unreadAnswers)), Schedule.spaced("1 second"))
    )
    const report = Effect.suspend(() => {
      const { since } = refused
      refused.since = 0
      return since === 0 ? Effect.void : Effect.logWarning(`closed ${since} connections at once: there were too many`)
    })
    yield* Effect.forkScoped(Effect.repeat(report, Schedule.spaced("1 minute")))
  })

/**
 * Ends connections until no more waits in all than may: always one of the caller for whom most waits, and of those the one
 * in which most does. A reader is not cut off because another does not read.
 */
export const closeUnread = (sockets: Iterable<Socket>, most: number): void => {
  const waiting = new Map<string, Array<Socket>>()
  let total = 0
  for (const socket of sockets) {
    if (socket.destroyed || socket.writableLength === 0) continue
    total += socket.writableLength
    const account = connectionOf(socket).account ?? networkOf(socket.remoteAddress ?? "")
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

/** Who asks on a connection; of several, who asked last. */
export const noteAccount = (socket: Socket, account: string): void => {
  connectionOf(socket).account = account
}

/** Each connection is an open file, and where none is left there is none to reach an origin with either. */
const fitToOpenFiles = (wanted: number): Effect.Effect<number> =>
  Effect.gen(function*() {
    const files = yield* openFileLimit
    if (files === undefined || files - callerBounds.otherFiles >= wanted) return wanted
    const most = Math.max(1, files - callerBounds.otherFiles)
    yield* Effect.logWarning(
      `only ${files} files may be open (ulimit -n), so there may be ${most} connections instead of ${wanted}`
    )
    return most
  })

/** Node.js raises its limit as far as it may; where the system does not tell, nothing is known. */
const openFileLimit: Effect.Effect<number | undefined> = Effect.tryPromise(() => readFile("/proc/self/limits", "utf8"))
  .pipe(
    Effect.map((text) => {
      const soft = /^Max open files +(\d+)/m.exec(text)?.[1]
      return soft === undefined ? undefined : Number(soft)
    }),
    Effect.orElseSucceed(() => undefined)
  )
