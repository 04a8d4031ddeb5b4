/** The listeners of `Origins`: one for all hosts that present a certificate, and one per handshake fault. */
import { Effect } from "effect"
import type { Scope } from "effect"
import { createServer as createHttpServer } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import { createServer as createTcpServer } from "node:net"
import type { Server, Socket } from "node:net"
import type { TlsOptions } from "node:tls"
import type { Identities } from "./identities.ts"
import { listen } from "./listen.ts"
import type { ListenAt } from "./listen.ts"
import type { HandshakeFault } from "./Tls.ts"
import { pemOf } from "./Tls.ts"

/** A request and its connection. */
export interface Arrival {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly tcp: Socket
  readonly sni?: string
}

export interface ListenerOptions {
  readonly fault: HandshakeFault | undefined
  readonly identities: Identities
  readonly onArrival: (arrival: Arrival) => void
  readonly onConnection: () => void
  readonly at?: ListenAt
}

/** Starts one listener and gives its port. */
export const startListener = (options: ListenerOptions): Effect.Effect<number, never, Scope.Scope> =>
  Effect.gen(function*() {
    // With TLS, only the TCP socket can be reset; the client's port relates it to the TLS socket.
    const tcpOf = new Map<number | undefined, Socket>()
    const onConnection = (tcp: Socket) => {
      options.onConnection()
      const { remotePort } = tcp
      tcpOf.set(remotePort, tcp)
      tcp.once("close", () => tcpOf.get(remotePort) === tcp && tcpOf.delete(remotePort))
    }
    const onRequest = (request: IncomingMessage, response: ServerResponse) => {
      const { socket } = request
      options.onArrival({ request, response, tcp: tcpOf.get(socket.remotePort) ?? socket, ...sniOf(socket) })
    }
    return yield* listen(yield* makeServer(options, onRequest), { ...options.at, onConnection })
  })

// Node.js sets `servername` to the name in the extension or to false; its types lack it.
const sniOf = (socket: Socket): { readonly sni?: string } =>
  "servername" in socket && typeof socket.servername === "string" ? { sni: socket.servername } : {}

/** TLS 1.2 with RSA key exchange only, which an EC certificate does not support: every client gets an alert. */
const NO_SHARED_CIPHER: TlsOptions = { maxVersion: "TLSv1.2", ciphers: "AES256-GCM-SHA384" }
/** OpenSSL allows TLS 1.0 and 1.1 only at security level 0. */
const TOO_OLD: TlsOptions = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }

const makeServer = (
  { fault, identities }: ListenerOptions,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void
): Effect.Effect<Server> => {
  switch (fault) {
    case "HangInHandshake":
      return Effect.sync(() => createTcpServer((socket) => socket.resume()))
    case "ResetInHandshake":
      return Effect.sync(() => createTcpServer((socket) => socket.once("data", () => socket.resetAndDestroy())))
    case "ResetLargeHello":
      return Effect.map(
        makeTlsServer(identities, {}, onRequest),
        (server) =>
          createTcpServer((socket) =>
            void socket.once("data", (flight) => {
              if (flight.length > SEGMENT) return void socket.resetAndDestroy()
              socket.pause().unshift(flight)
              server.emit("connection", socket)
            })
          )
      )
    case "PlainHttp":
      return Effect.sync(() => createHttpServer(HTTP, onRequest))
    case "NoSharedCipher":
      return makeTlsServer(identities, NO_SHARED_CIPHER, onRequest)
    case "TooOld":
      return makeTlsServer(identities, TOO_OLD, onRequest)
    default:
      return makeTlsServer(identities, {}, onRequest)
  }
}

/** Octets of a TCP segment on Ethernet with IPv4. */
const SEGMENT = 1_460

/** Keeps idle connections open: a client must not race with a server that closes one. */
const HTTP = { keepAliveTimeout: 600_000 }

const makeTlsServer = (
  identities: Identities,
  tls: TlsOptions,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void
): Effect.Effect<Server> =>
  Effect.map(identities.of("localhost"), ({ certificate }) => {
    const server = createHttpsServer({
      ...HTTP,
      ...pemOf(certificate),
      ...tls,
      SNICallback: (name, done) =>
        void Effect.runPromise(identities.of(name.toLowerCase())).then(({ context }) => done(null, context), done)
    }, onRequest)
    // Failed handshakes are expected. Without a listener Node.js would destroy the socket too.
    return server.on("tlsClientError", () => undefined)
  })
