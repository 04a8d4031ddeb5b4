/**
 * Connections of a TLS server whose handshake is in progress. When it ends, what the PROXY protocol told about the connection is taken
 * over: to Node.js the socket after the handshake is another one.
 */
import type { Server, Socket } from "node:net"
import type { Server as TlsServer, TLSSocket } from "node:tls"
import { connectionOf } from "./Connection.ts"

export interface Handshakes {
  /** The connection below a socket of TLS, while the handshake is in progress. */
  readonly below: (socket: Socket) => Socket | undefined
  /** Closes all of them. */
  readonly abort: () => void
}

/** Call it before anything else listens for `secureConnection`. */
export const followHandshakes = (server: TlsServer | Server): Handshakes => {
  /** By remote address and port. */
  const handshakes = new Map<string, Socket>()
  server.on("connection", (socket: Socket) => {
    const end = otherEnd(socket)
    handshakes.set(end, socket)
    socket.once("close", () => {
      if (handshakes.get(end) === socket) handshakes.delete(end)
    })
  })
  server.prependListener("secureConnection", (socket: TLSSocket) => {
    const end = otherEnd(socket)
    const plain = handshakes.get(end)
    handshakes.delete(end)
    connectionOf(socket).source = plain === undefined ? undefined : connectionOf(plain).source
  })
  return {
    below: (socket) => handshakes.get(otherEnd(socket)),
    abort: () => {
      for (const socket of handshakes.values()) socket.destroy()
    }
  }
}

const otherEnd = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`
