/**
 * Connections to the operator's resolver: exempt from the address policy, because the operator names it.
 */
import { Effect, type Scope } from "effect"
import { connect, type Socket } from "node:net"
import { connect as connectTls, type PeerCertificate, type SecureContext, type TLSSocket } from "node:tls"
import { daneLimits } from "../../Limits.ts"
import type { Domain } from "../../question/Domain.ts"
import { lookUp } from "../Addresses.ts"
import { type ConnectTo, overrideOf } from "../ConnectTo.ts"
import type { EgressError } from "../EgressError.ts"
import { identityError } from "../serverIdentity.ts"
import { openScoped, whenReady } from "../sockets.ts"

/** Opens a connection to an IP address. */
export const openTcp = (address: string, port: number): Effect.Effect<Socket, EgressError, Scope.Scope> =>
  openScoped(() => connect({ host: address, port, noDelay: true, autoSelectFamily: false })).pipe(
    Effect.flatMap((socket) => whenReady(socket, "connect"))
  )

export interface TlsTarget {
  /** What the certificate must name (RFC 8310 §8.1). */
  readonly name: Domain
  /** Without it the name is looked up, by DNS that nobody secured: the certificate decides. */
  readonly address?: string | undefined
  readonly port: number
  /** Those of the moment at which a connection is opened. */
  readonly trust: () => SecureContext
  readonly protocols: ReadonlyArray<string>
  readonly connectTo: ConnectTo
  readonly dnsServers: ReadonlyArray<string> | undefined
}

/** Opens a connection, and checks that it leads to the resolver of this name. */
export const openTls = (target: TlsTarget): Effect.Effect<TLSSocket, EgressError, Scope.Scope> =>
  Effect.gen(function*() {
    const { name, protocols, trust } = target
    const endpoints = yield* endpointsOf(target)
    const socket = yield* Effect.raceAll(endpoints.map((one) => openTcp(one.address, one.port)))
    const tls = yield* openScoped(() =>
      connectTls({
        socket,
        secureContext: trust(),
        servername: name,
        ALPNProtocols: [...protocols],
        rejectUnauthorized: true, // explicit, because the environment can change the default
        checkServerIdentity: (_host, { raw }: Partial<PeerCertificate>) => identityError(name, raw)
      })
    )
    return yield* whenReady(tls, "secureConnect")
  })

/** As many as are tried at once: the first that accepts is used. */
const mostAddresses = 4

const endpointsOf = ({ address, connectTo, dnsServers, name, port }: TlsTarget) => {
  const override = overrideOf(connectTo, { host: name, port })
  if (override !== undefined) return Effect.succeed([override])
  if (address !== undefined) return Effect.succeed([{ address, port }])
  return Effect.map(
    lookUp(name, dnsServers, daneLimits.tryMs),
    (addresses) => addresses.slice(0, mostAddresses).map((one) => ({ address: one, port }))
  )
}
