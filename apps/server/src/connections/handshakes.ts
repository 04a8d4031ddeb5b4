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
  /** By the addresses and ports of both ends: a proxy may use one port for several addresses of this machine. */
  const handshakes = new Map<string, Socket>()
  server.on("connection", (socket: Socket) => {
    const ends = endsOf(socket)
    handshakes.set(ends, socket)
    socket.once("close", () => {
      if (handshakes.get(ends) === socket) handshakes.delete(ends)
    })
  })
  server.prependListener("secureConnection", (socket: TLSSocket) => {
    const ends = endsOf(socket)
    const plain = handshakes.get(ends)
    handshakes.delete(ends)
    connectionOf(socket).source = plain === undefined ? undefined : connectionOf(plain).source
  })
  return {
    below: (socket) => handshakes.get(endsOf(socket)),
    abort: () => {
      for (const socket of handshakes.values()) socket.destroy()
    }
  }
}

const endsOf = ({ localAddress, localPort, remoteAddress, remotePort }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`
