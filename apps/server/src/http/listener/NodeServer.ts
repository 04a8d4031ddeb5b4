/**
 * The HTTP server of Node.js, plain or over TLS, behind one interface.
 */
import { createServer, type IncomingMessage, type Server } from "node:http"
import { createServer as createTlsServer, type Server as TlsServer } from "node:https"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { type Tls, toTlsOptions } from "../../access/Tls.ts"
import { connectionOf } from "./Connection.ts"

export interface NodeServer {
  readonly scheme: "http" | "https"
  readonly server: Server | TlsServer
  /** True if the handshake of the connection used the current client CA. */
  readonly isCurrent: (request: IncomingMessage) => boolean
  /** True if the client can read a response: with TLS only after the handshake. */
  readonly canAnswer: (socket: Duplex) => boolean
  /** Closes connections whose handshake is in progress. */
  readonly abortHandshakes: () => void
  /** Uses other files for new connections; no effect without TLS. */
  readonly renew: (tls: Tls) => void
}

/** Octets. */
export const largestHeader = 16 * 1_024

// Milliseconds and octets. They limit how long a slow sender holds a connection.
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000, // maximum delay of these time-outs
  keepAliveTimeout: 65_000,
  maxHeaderSize: largestHeader,
  // `Upgrade` is ignored, so that such a request passes the gate like any other.
  shouldUpgradeCallback: () => false,
  // `hostFault` checks it: Node.js would respond without a problem body.
  requireHostHeader: false
}

export const makeNodeServer = (tls: Tls | undefined): NodeServer => tls === undefined ? makePlain() : makeSecure(tls)

const makePlain = (): NodeServer => ({
  scheme: "http",
  server: createServer(limits),
  isCurrent: () => true,
  canAnswer: () => true,
  abortHandshakes: () => undefined,
  renew: () => undefined
})

const makeSecure = (tls: Tls): NodeServer => {
  const server = createTlsServer({ ...limits, ...toTlsOptions(tls) })
  let clientCa = tls.clientCa ?? ""
  /** Connections whose handshake is in progress, by remote address and port. */
  const handshakes = new Map<string, Socket>()
  server.on("connection", (socket: Socket) => {
    const end = otherEnd(socket)
    handshakes.set(end, socket)
    socket.once("close", () => handshakes.delete(end))
  })
  server.on("secureConnection", (socket) => {
    handshakes.delete(otherEnd(socket))
    connectionOf(socket).letInBy = clientCa
  })
  return {
    scheme: "https",
    server,
    isCurrent: ({ socket }) => connectionOf(socket).letInBy === clientCa,
    canAnswer: (socket) => connectionOf(socket).letInBy !== undefined, // `undefined`: no handshake, for example plain HTTP
    abortHandshakes: () => {
      for (const socket of handshakes.values()) socket.destroy()
    },
    renew: (changed) => {
      server.setSecureContext(toTlsOptions(changed))
      clientCa = changed.clientCa ?? ""
    }
  }
}

const otherEnd = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`
