/**
 * The HTTP server of Node.js, plain or over TLS, behind one interface.
 */
import { type AnyProblem, problem } from "@posh/api"
import { createServer, type IncomingMessage, type Server } from "node:http"
import { createServer as createTlsServer, type Server as TlsServer } from "node:https"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { type Tls, toTlsOptions } from "../../access/Tls.ts"
import { connectionOf } from "../../connections/Connection.ts"
import { followHandshakes } from "../../connections/handshakes.ts"
import { callerBounds } from "../../service/limits/bounds.ts"
import { answer } from "./rawAnswer.ts"

export interface NodeServer {
  readonly scheme: "http" | "https"
  readonly server: Server | TlsServer
  /** True if the handshake of the connection used the current client CA. */
  readonly isCurrent: (request: IncomingMessage) => boolean
  /** True if the client can read a response: with TLS only after the handshake. */
  readonly canAnswer: (socket: Duplex) => boolean
  /**
   * Closes a connection whose handshake failed, and answers plain HTTP to a port of TLS in the same way. Returns the problem
   * for the log, if the client spoke HTTP.
   */
  readonly refusePlain: (error: NodeJS.ErrnoException, socket: Duplex) => AnyProblem | undefined
  /** Closes connections whose handshake is in progress. */
  readonly abortHandshakes: () => void
  /** Uses other files for new connections; no effect without TLS. */
  readonly renew: (tls: Tls) => void
}

// Milliseconds and octets. They limit how long a slow sender holds a connection.
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000, // maximum delay of these time-outs
  maxHeaderSize: callerBounds.header,
  // `Upgrade` is ignored, so that such a request passes the gate like any other.
  shouldUpgradeCallback: () => false,
  // `hostFault` checks it: Node.js would respond without a problem body.
  requireHostHeader: false
}

type ServerOptions = typeof limits & { readonly keepAliveTimeout: number }

/** `keepAlive`: milliseconds for which an idle connection is kept. */
export const makeNodeServer = (
  tls: Tls | undefined,
  { keepAlive: keepAliveTimeout = 65_000 }: { readonly keepAlive?: number | undefined }
): NodeServer => {
  const options = { ...limits, keepAliveTimeout }
  return tls === undefined ? makePlain(options) : makeSecure(tls, options)
}

const makePlain = (options: ServerOptions): NodeServer => ({
  scheme: "http",
  server: createServer(options),
  isCurrent: () => true,
  canAnswer: () => true,
  refusePlain: (_error, socket) => void socket.destroy(),
  abortHandshakes: () => undefined,
  renew: () => undefined
})

const makeSecure = (tls: Tls, options: ServerOptions): NodeServer => {
  const server = createTlsServer({ ...options, ...toTlsOptions(tls) })
  let clientCa = tls.clientCa ?? ""
  const handshakes = followHandshakes(server)
  server.on("secureConnection", (socket) => void (connectionOf(socket).letInBy = clientCa))
  return {
    scheme: "https",
    server,
    isCurrent: ({ socket }) => connectionOf(socket).letInBy === clientCa,
    canAnswer: (socket) => connectionOf(socket).letInBy !== undefined, // `undefined`: no handshake, for example plain HTTP
    refusePlain: (error, socket) => {
      const plain = error.code === "ERR_SSL_HTTP_REQUEST" ? handshakes.below(socket as Socket) : undefined
      if (plain === undefined) return void socket.destroy()
      answer(plain, tlsOnly)
      return tlsOnly
    },
    abortHandshakes: handshakes.abort,
    renew: (changed) => {
      server.setSecureContext(toTlsOptions(changed))
      clientCa = changed.clientCa ?? ""
    }
  }
}

const tlsOnly = problem("InvalidRequest", "This port is for HTTPS; the request came without TLS.")
