/**
 * A way to the host through the operator's proxy (RFC 9110 §9.3.6).
 *
 * The proxy looks the name up and dials it, so that THE ADDRESS POLICY IS ITS BUSINESS and is not applied here
 * (POSH-SEC-11); the octets in the tunnel are TLS with the host and none of the proxy's business.
 */
import { Effect, Redacted, type Scope } from "effect"
import { request } from "node:http"
import { connect, type Socket } from "node:net"
import type { FetchCode, HttpsTarget } from "../fetch/Fetcher.ts"
import { EgressError } from "./EgressError.ts"
import type { Proxy } from "./Proxy.ts"
import { openScoped, whenReady } from "./sockets.ts"
import { toTlsError } from "./tlsError.ts"

/** Who is at fault, in the `detail` of every failure here. */
export const egressProxy = "the egress proxy"

/**
 * A connection on which the host speaks next.
 *
 * **Details**
 *
 * The proxy's own name is looked up by the system's resolver, because it is of the local network (`/etc/hosts` counts).
 */
export const openTunnel = (
  proxy: Proxy,
  target: Pick<HttpsTarget, "host" | "port">
): Effect.Effect<Socket, EgressError, Scope.Scope> =>
  openScoped(() => connect({ host: proxy.host, port: proxy.port, noDelay: true })).pipe(
    Effect.flatMap((socket) => Effect.mapError(whenReady(socket, "connect"), proxyError)),
    Effect.flatMap((socket) => requestTunnel(socket, proxy, `${target.host}:${target.port}`))
  )

/** Bound of the proxy's answer: that of an origin (`attemptLimits`, POSH-RES-91). */
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
      if (early.length > 0) socket.unshift(early) // the host's already
      resume(Effect.succeed(socket))
    })
    connectRequest.end()
  })

/** What the proxy says of the host; any other status is trouble between the proxy and us. */
const codesByStatus: Readonly<Record<number, FetchCode>> = {
  403: "BlockedAddress", // its address policy, in place of ours
  502: "ConnectionRefused",
  504: "ConnectTimeout"
}

const statusError = (status: number) =>
  new EgressError({ code: codesByStatus[status] ?? "NetworkUnreachable", detail: `${egressProxy} answered ${status}` })

/** Without the proxy there is no route to any host, whatever its socket or its answer suffered from. */
const proxyError = ({ code, detail = "unknown" }: EgressError) =>
  new EgressError({ code: passedThrough.has(code) ? code : "NetworkUnreachable", detail: `${egressProxy}: ${detail}` })

/** Sockets that ran out are ours (never remembered); a time-out is one wherever it happens. */
const passedThrough: ReadonlySet<FetchCode> = new Set(["ConnectTimeout", "ResolverOverloaded"])
