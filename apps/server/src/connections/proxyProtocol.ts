/**
 * Reads the header of the PROXY protocol before a connection is accepted (`POSH_PROXY_PROTOCOL`). Connections from trusted
 * networks must begin with it; those from elsewhere are taken as they are, so that nobody else can name a source.
 */
import type { IpNetwork } from "effect/net"
import type { Server, Socket } from "node:net"
import { isTrusted } from "../access/forwarded/clientAddress.ts"
import { parse } from "../access/forwarded/nodes.ts"
import { connectionOf } from "./Connection.ts"
import { type CompleteProxyHeader, parseProxyHeader } from "./proxyHeader.ts"

/** Milliseconds in which the header must arrive; proxies send it with the first octets. */
const headerTimeout = 10_000

/** Connections whose header has not arrived; at most `maxConnections`. */
interface Waiting {
  /** Closes all of them. */
  readonly abort: () => void
  /** Closes those whose time is over. */
  readonly abortLate: () => void
}

/** Lets all listeners of `connection` that the server has by now wait for the header. */
export const awaitProxyHeaders = (server: Server, trusted: ReadonlyArray<IpNetwork.IpNetwork>): Waiting => {
  const listeners = server.listeners("connection")
  /** With the time of their beginning, by `performance.now()`. */
  const waiting = new Map<Socket, number>()
  const abortBefore = (since: number) => {
    for (const [socket, beganAt] of waiting) {
      if (beganAt <= since) socket.destroy()
    }
  }
  server.removeAllListeners("connection")
  server.on("connection", (socket: Socket) => {
    const accept = () => {
      for (const listener of listeners) listener.call(server, socket)
    }
    if (!isTrusted(parse(socket.remoteAddress ?? ""), trusted)) return accept()
    waiting.set(socket, performance.now())
    readHeader(socket, ({ length, source }) => {
      const connection = connectionOf(socket)
      connection.source = source
      connection.preamble = length
      accept()
    }, () => waiting.delete(socket))
  })
  return {
    abort: () => abortBefore(Number.POSITIVE_INFINITY),
    abortLate: () => abortBefore(performance.now() - headerTimeout)
  }
}

/** `done` is called in any case; `accept` only if the header is complete and the connection is open. */
const readHeader = (socket: Socket, accept: (header: CompleteProxyHeader) => void, done: () => void): void => {
  let received: Buffer = Buffer.alloc(0)
  const end = () => {
    socket.off("readable", read).off("close", end).off("error", ignore)
    done()
  }
  const read = () => {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) return
    received = Buffer.concat([received, chunk])
    const header = parseProxyHeader(received)
    if (header._tag === "incomplete") return
    end()
    if (header._tag === "malformed") return void socket.destroy()
    const rest = received.subarray(header.length)
    if (rest.length > 0) socket.unshift(rest)
    accept(header)
  }
  socket.on("readable", read).once("close", end).on("error", ignore)
}

const ignore = () => undefined
