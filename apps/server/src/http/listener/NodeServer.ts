/**
 * The HTTP server of Node.js, plain or over TLS, and what differs between the two.
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
  /** Was the connection of this request let in by the client CA that holds now? */
  readonly isCurrent: (request: IncomingMessage) => boolean
  /** Does the other end speak what this server speaks, so that it can read an answer? */
  readonly canAnswer: (socket: Duplex) => boolean
  /** Ends connections whose handshake is under way. */
  readonly abortHandshakes: () => void
  /** Uses other files for connections from now on; without TLS it has no effect. */
  readonly renew: (tls: Tls) => void
}

/** Octets. */
export const largestHeader = 16 * 1_024

// Milliseconds and octets: a slow sender holds a connection no longer than this. Callers keep theirs for a minute.
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000, // how much later than due a connection may end
  keepAliveTimeout: 65_000,
  maxHeaderSize: largestHeader,
  // No other protocol is spoken here: a request that offers one is a request like any other, and passes the gate.
  shouldUpgradeCallback: () => false,
  // Node.js would answer such a request before the gate; `hostFault` refuses it.
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
  /** Connections whose handshake is under way, by their other end. */
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
    canAnswer: (socket) => connectionOf(socket).letInBy !== undefined, // else there was no TLS, such as plain HTTP
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
