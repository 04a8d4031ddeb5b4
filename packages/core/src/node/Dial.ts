/**
 * Opens a TLS connection to one of the vetted addresses. It dials the addresses, not the name, so a second look-up
 * cannot return another address (DNS rebinding, POSH-SEC-10). Or it connects through the operator's proxy.
 */
import { Duration, Effect, Latch, type Scope } from "effect"
import { connect, isIPv6, type Socket } from "node:net"
import type { SecureContext, TLSSocket } from "node:tls"
import { observePhase, type ResolutionObserverShape } from "../cache/ResolutionObserver.ts"
import type { Domain } from "../question/Domain.ts"
import { EgressError } from "./EgressError.ts"
import { handshake, type PeerInfo } from "./Handshake.ts"
import type { Proxy } from "./Proxy.ts"
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

export interface DialOptions {
  readonly endpoint: Endpoint | ProxiedEndpoint
  /** The host that the certificate must name. */
  readonly host: Domain
  readonly trust: SecureContext
  /** Of the host, if the operator pinned its keys: base64 SHA-256 of DER SubjectPublicKeyInfos (POSH-RES-37). */
  readonly pins: ReadonlySet<string> | undefined
  /** Time-out of TCP, tunnel and TLS together; `ConnectTimeout` for any of them (requirements §8.1). */
  readonly connectMs: number
  readonly peer: PeerInfo
  readonly observer: ResolutionObserverShape
}

/** Connects and does the TLS handshake. The scope destroys all sockets. */
export const dial = ({ connectMs, endpoint, peer, host, observer, pins, trust }: DialOptions): Effect.Effect<
  TLSSocket,
  EgressError,
  Scope.Scope
> =>
  openTransport(endpoint, host, connectMs, peer).pipe(
    observePhase("connect", observer),
    Effect.timed,
    Effect.flatMap(([spent, socket]) =>
      handshake(socket, { host, peer, pins, trust }).pipe(
        observePhase("tls", observer),
        withTimeout(connectMs - Duration.toMillis(spent), `${connectMs} ms`)
      )
    )
  )

/** Connects, and speaks no TLS. The scope destroys all sockets. */
export const openTransport = (
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
