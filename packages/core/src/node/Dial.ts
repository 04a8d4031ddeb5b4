/**
 * Opens a TLS connection to one of the vetted addresses. It dials the addresses, not the name, so a second look-up
 * cannot return another address (DNS rebinding, POSH-SEC-10). Or it connects through the operator's proxy.
 */
import { Duration, Effect, Latch, Result, type Scope } from "effect"
import { hash } from "node:crypto"
import { connect, isIPv6, type Socket } from "node:net"
import {
  connect as connectTls,
  type DetailedPeerCertificate,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket
} from "node:tls"
import { observePhase, type ResolutionObserverShape } from "../cache/ResolutionObserver.ts"
import type { Domain } from "../question/Domain.ts"
import { EgressError } from "./EgressError.ts"
import type { Proxy } from "./Proxy.ts"
import { identityError } from "./serverIdentity.ts"
import { slicedSleep } from "./slicedSleep.ts"
import { openScoped, whenReady } from "./sockets.ts"
import { mostSpecific } from "./tlsError.ts"
import { egressProxy, openTunnel } from "./Tunnel.ts"

export interface Endpoint {
  /** IP literals; at least one. */
  readonly addresses: ReadonlyArray<string>
  readonly port: number
}

/** The proxy looks up the host's addresses. */
export interface ProxiedEndpoint {
  readonly proxy: Proxy
  readonly port: number
}

/** What is known of the peer, even if the connection fails (POSH-RES-90). */
export interface PeerInfo {
  /** The address of the connection, or the last one dialled. Absent through a proxy. */
  address?: string
  /** Base64 SHA-256 of the web server's certificate. */
  tlsLeafSha256?: string
}

export interface DialOptions {
  readonly endpoint: Endpoint | ProxiedEndpoint
  /** The host that the certificate must name. */
  readonly host: Domain
  readonly trust: SecureContext
  /** Time-out of TCP, tunnel and TLS together; `ConnectTimeout` for any of them (requirements §8.1). */
  readonly connectMs: number
  readonly peer: PeerInfo
  readonly observer: ResolutionObserverShape
}

/** Connects and does the TLS handshake. The scope destroys all sockets. */
export const dial = ({ connectMs, endpoint, peer, host, observer, trust }: DialOptions): Effect.Effect<
  TLSSocket,
  EgressError,
  Scope.Scope
> =>
  openTransport(endpoint, host, connectMs, peer).pipe(
    observePhase("connect", observer),
    Effect.timed,
    Effect.flatMap(([spent, socket]) =>
      handshake(socket, host, trust, peer).pipe(
        observePhase("tls", observer),
        withTimeout(connectMs - Duration.toMillis(spent), `${connectMs} ms`)
      )
    )
  )

const openTransport = (
  endpoint: Endpoint | ProxiedEndpoint,
  host: Domain,
  connectMs: number,
  peer: PeerInfo
): Effect.Effect<Socket, EgressError, Scope.Scope> =>
  "proxy" in endpoint
    ? openTunnel(endpoint.proxy, { host, port: endpoint.port }).pipe(
      withTimeout(connectMs, `${egressProxy}: ${connectMs} ms`)
    )
    : connectTo(toDialList(endpoint.addresses), endpoint.port, peer).pipe(withTimeout(connectMs, `${connectMs} ms`))

const withTimeout =
  (limitMs: number, detail: string) =>
  <A, R>(connecting: Effect.Effect<A, EgressError, R>): Effect.Effect<A, EgressError, R> =>
    Effect.raceFirst(
      connecting,
      Effect.andThen(
        slicedSleep(limitMs),
        Effect.suspend(() => Effect.fail(new EgressError({ code: "ConnectTimeout", detail })))
      )
    )

/** Maximum of addresses dialled: a DNS answer can hold hundreds, and may name hosts of others. */
const maxDialled = 6

/** Milliseconds before the next address is tried concurrently (RFC 8305 §5, Connection Attempt Delay). */
const attemptDelayMs = 250

/** Address families alternate, IPv6 first (RFC 8305 §4); without duplicates. */
const toDialList = (addresses: ReadonlyArray<string>): ReadonlyArray<string> => {
  const unique = [...new Set(addresses)]
  const families = [unique.filter((address) => isIPv6(address)), unique.filter((address) => !isIPv6(address))]
  return unique
    .flatMap((_, index) => families.flatMap((family) => family[index] ?? []))
    .slice(0, maxDialled)
}

/** Happy Eyeballs (POSH-RES-93): the first connection wins, the others are cancelled. */
const connectTo = (
  addresses: ReadonlyArray<string>,
  port: number,
  peer: PeerInfo
): Effect.Effect<Socket, EgressError, Scope.Scope> => {
  const errors: Array<EgressError> = []
  const from = (index: number): Effect.Effect<Socket, EgressError, Scope.Scope> => {
    const address = addresses[index] ?? ""
    const isLast = index + 1 >= addresses.length
    const failed = Latch.makeUnsafe()
    const attempt = connectOne(address, port, peer).pipe(
      Effect.tapError((error) => {
        errors.push(error)
        return failed.open
      })
    )
    if (isLast) return attempt
    const next = Effect.raceFirst(Effect.sleep(attemptDelayMs), failed.await).pipe(Effect.andThen(from(index + 1)))
    return Effect.race(attempt, next)
  }
  return from(0).pipe(Effect.mapError((error) => mostSpecific(errors) ?? error))
}

const connectOne = (address: string, port: number, peer: PeerInfo) =>
  openScoped(() => {
    peer.address = address
    // TLS writes small segments; without TCP_NODELAY the request would wait for the ACK of the handshake.
    return connect({ host: address, port, noDelay: true, autoSelectFamily: false })
  }).pipe(
    Effect.flatMap((socket) => whenReady(socket, "connect")),
    Effect.tap(() => {
      peer.address = address
      return Effect.void
    })
  )

const handshake = (socket: Socket, host: Domain, trust: SecureContext, peer: PeerInfo) => {
  const before = socket.bytesRead // of the tunnel
  return openScoped(() => {
    const note = (leaf: Uint8Array | undefined) => {
      if (leaf !== undefined) peer.tlsLeafSha256 = hash("sha256", leaf, "base64")
      return leaf
    }
    const tls = connectTls({
      socket,
      secureContext: trust,
      servername: host, // the A-labels (POSH-RES-32)
      ALPNProtocols: ["http/1.1"], // no HTTP/2, so no coalescing (POSH-RES-36)
      rejectUnauthorized: true, // explicit, because the environment can change the default
      // Node.js parsed the certificate for this call; if it could not, `raw` is absent, and no host is named.
      checkServerIdentity: (_host, { raw }: Partial<PeerCertificate>) => identityError(host, note(raw))
    })
    describeLeafOnly(tls)
    // Before the listener of Node.js, which destroys the connection if the certificate is not accepted.
    return tls.prependOnceListener("secure", () => {
      if (!isAccepted(tls)) note(leafOf(tls))
    })
  }).pipe(
    Effect.flatMap((tls) => whenReady(tls, "secureConnect")),
    Effect.mapError((error) =>
      error.code === "ConnectionReset" && socket.bytesRead === before ? helloReset(error) : error
    )
  )
}

const helloReset = ({ code, detail }: EgressError) =>
  new EgressError({ code, ...(detail === undefined ? {} : { detail }), helloReset: true })

/**
 * For `checkServerIdentity` Node.js parses every certificate of the chain, which takes half a millisecond. The issuers
 * are not needed here.
 */
const describeLeafOnly = (tls: TLSSocket): void => {
  const describe = tls.getPeerCertificate.bind(tls)
  tls.getPeerCertificate = () => describe(false) as DetailedPeerCertificate
}

/**
 * Did OpenSSL accept the certificate path? Only an optimisation: if Node.js does not expose the result, the certificate
 * is parsed again.
 */
const isAccepted = (tls: TLSSocket & { readonly ssl?: { readonly verifyError?: () => unknown } }): boolean =>
  typeof tls.ssl?.verifyError === "function" && (tls.ssl.verifyError() ?? undefined) === undefined

/**
 * DER of the server's certificate.
 *
 * **Gotchas**
 *
 * NOT BY `getPeerX509Certificate`: each such object keeps kilobytes outside the heap, which the garbage collector does
 * not see.
 */
// Node.js also parses the certificate, and throws if it cannot; that must not end the process.
const leafOf = (tls: TLSSocket): Uint8Array | undefined =>
  Result.getOrUndefined(Result.try((): Uint8Array | undefined => tls.getPeerCertificate(false).raw))
