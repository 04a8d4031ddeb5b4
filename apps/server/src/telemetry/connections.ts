/**
 * Metrics of the connections of callers.
 */
import { Effect, Option } from "effect"
import type { Server, Socket } from "node:net"
import type { TLSSocket } from "node:tls"
import { cellsBy, increment } from "./counting.ts"
import { type HandshakeEnd, handshakeEnds } from "./labels.ts"
import { type Cell, Metrics } from "./Metrics.ts"

/** Counts open connections and failed handshakes of a server, with TLS or without. */
export const observeConnections = (server: Server): Effect.Effect<void> =>
  Effect.map(Effect.serviceOption(Metrics), (found) => {
    if (Option.isNone(found)) return
    found.value.cell("posh_connections_limit").read = () => server.maxConnections
    countOpen(server, found.value.cell("posh_connections_open"))
    countFailures(server, found.value)
  })

const countOpen = (server: Server, open: Cell): void => {
  server.on("connection", (socket: Socket) => {
    open.value += 1
    socket.once("close", () => void (open.value -= 1))
  })
}

const countFailures = (server: Server, metrics: Metrics["Service"]): void => {
  const failures = cellsBy(metrics, "posh_tls_handshake_failures_total", "reason", handshakeEnds)
  server.on(
    "tlsClientError",
    (error: NodeJS.ErrnoException, socket: TLSSocket) =>
      increment(failures.get(handshakeEndOf(error.code, hasRefusedCertificate(socket))))
  )
}

/** The same for the listener of gRPC, whose connections have a gauge of their own. */
export const observeGrpcConnections = (server: Server): Effect.Effect<void> =>
  Effect.map(Effect.serviceOption(Metrics), (found) => {
    if (Option.isNone(found)) return
    countOpen(server, found.value.cell("posh_grpc_connections_open"))
    countFailures(server, found.value)
  })

/** Node.js disconnects such a caller itself, and then says only that the handshake did not end. */
const hasRefusedCertificate = ({ authorizationError }: TLSSocket): boolean => (authorizationError ?? null) !== null

const failures: Readonly<Record<string, HandshakeEnd>> = {
  ERR_SSL_HTTP_REQUEST: "http",
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "certificate",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "protocol",
  ERR_SSL_WRONG_VERSION_NUMBER: "protocol",
  ERR_SSL_NO_SHARED_CIPHER: "protocol",
  ERR_SSL_NO_SUITABLE_KEY_SHARE: "protocol",
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: "protocol",
  ECONNRESET: "disconnected"
}

/** `code`: of Node.js or OpenSSL. */
export const handshakeEndOf = (code: string | undefined, hasRefusedCertificate: boolean): HandshakeEnd =>
  hasRefusedCertificate ? "certificate" : failures[code ?? ""] ?? "other"
