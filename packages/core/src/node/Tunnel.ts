/**
 * A tunnel to the host through the operator's proxy (CONNECT, RFC 9110 §9.3.6).
 *
 * The proxy resolves the name and dials it, so THE ADDRESS POLICY IS NOT APPLIED here: it is the proxy's responsibility
 * (POSH-SEC-11). TLS is end to end with the host.
 */
import { Effect, Redacted, type Scope } from "effect"
import { request } from "node:http"
import { connect, type Socket } from "node:net"
import type { FetchCode, HttpsTarget } from "../fetch/Fetcher.ts"
import { EgressError } from "./EgressError.ts"
import type { Proxy } from "./Proxy.ts"
import { openScoped, whenReady } from "./sockets.ts"
import { toTlsError } from "./tlsError.ts"

/** Begins the `detail` of every error here: the proxy is at fault, not the host. */
export const egressProxy = "the egress proxy"

/**
 * Opens a tunnel: a connection on which TLS with the host can start.
 *
 * **Details**
 *
 * The system's resolver looks up the proxy's own name, because it belongs to the local network (`/etc/hosts` counts).
 */
export const openTunnel = (
  proxy: Proxy,
  target: Pick<HttpsTarget, "host" | "port">
): Effect.Effect<Socket, EgressError, Scope.Scope> =>
  openScoped(() => connect({ host: proxy.host, port: proxy.port, noDelay: true })).pipe(
    Effect.flatMap((socket) => Effect.mapError(whenReady(socket, "connect"), proxyError)),
    Effect.flatMap((socket) => requestTunnel(socket, proxy, `${target.host}:${target.port}`))
  )

/** Maximum size of the head of the proxy's response: as for an origin (`attemptLimits`, POSH-RES-91). */
const headerOctets = 16 * 1024

const requestTunnel = (
  socket: Socket,
  { authorization }: Proxy,
  authority: string
): Effect.Effect<Socket, EgressError> =>
  Effect.callback((resume) => {
    const connectRequest = request({
      method: "CONNECT",
      path: authority,
      setDefaultHeaders: false,
      headers: {
        "Host": authority,
        ...(authorization === undefined ? {} : { "Proxy-Authorization": Redacted.value(authorization) })
      },
      maxHeaderSize: headerOctets,
      createConnection: () => socket
    })
    connectRequest.on("error", (error) => resume(Effect.fail(proxyError(toTlsError(error)))))
    connectRequest.once("connect", ({ statusCode: status = 0 }, _socket, early: Buffer) => {
      if (status < 200 || status > 299) return resume(Effect.fail(statusError(status)))
      if (early.length > 0) socket.unshift(early) // octets of the host
      resume(Effect.succeed(socket))
    })
    connectRequest.end()
  })

/** Statuses that say something of the host; any other is a problem with the proxy itself. */
const codesByStatus: Readonly<Record<number, FetchCode>> = {
  403: "BlockedAddress", // its address policy, in place of ours
  502: "ConnectionRefused",
  504: "ConnectTimeout"
}

const statusError = (status: number) =>
  new EgressError({ code: codesByStatus[status] ?? "NetworkUnreachable", detail: `${egressProxy} answered ${status}` })

/** An error of the connection to the proxy: without it no host is reachable. */
const proxyError = ({ code, detail = "unknown" }: EgressError) =>
  new EgressError({ code: passedThrough.has(code) ? code : "NetworkUnreachable", detail: `${egressProxy}: ${detail}` })

/** Codes that keep their meaning: exhausted sockets are this process's fault (never cached), and a time-out is one. */
const passedThrough: ReadonlySet<FetchCode> = new Set(["ConnectTimeout", "ResolverOverloaded"])
