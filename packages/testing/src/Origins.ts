/**
 * HTTPS origins on loopback: one TLS listener serves any number of hosts by SNI; hosts that fail before the certificate
 * have listeners of their own. Clients connect through `connectTo`, with real names, SNI and certificate checks.
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import { Behave } from "./Behaviour.ts"
import type { Behaviour, Sequence } from "./Behaviour.ts"
import type { Certificate } from "./Certificates.ts"
import { makeIdentities } from "./identities.ts"
import { LOOPBACK } from "./listen.ts"
import type { ListenAt } from "./listen.ts"
import { startListener } from "./listeners.ts"
import type { Arrival } from "./listeners.ts"
import { play } from "./play.ts"
import { isHandshakeFault, makeAuthority } from "./Tls.ts"
import type { HandshakeFault, TlsBehaviour } from "./Tls.ts"

export interface HostOptions {
  /** Default `Good`. */
  readonly tls?: TlsBehaviour
  /** By path with query; any other path is a 404. */
  readonly routes?: Readonly<Record<string, Behaviour>>
}

export interface RequestRecord {
  /** Milliseconds since the epoch, by the real clock. */
  readonly at: number
  readonly host: string
  readonly method: string
  /** With the query. */
  readonly path: string
  /** As sent, in order and case. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly remotePort: number
  /** Absent without TLS or without the extension. */
  readonly sni?: string
}

export interface Origins {
  /** The WebPKI root of these origins. */
  readonly root: Certificate
  readonly caPem: string
  /** Of the main listener. */
  readonly port: number
  /** Value of `POSH_CONNECT_TO`: an entry for each host, and last one for any other host. */
  readonly connectTo: string
  readonly requests: ReadonlyArray<RequestRecord>
  readonly countOf: (host: string, path?: string) => number
  /** TCP connections accepted so far, on all listeners. */
  readonly connections: () => number
  /** The certificate that `host` presents; issued on first use. */
  readonly certificateOf: (host: string) => Effect.Effect<Certificate>
  /** Changes a route at run time; the host may be new. */
  readonly setRoute: (host: string, path: string, behaviour: Behaviour) => void
  readonly removeRoute: (host: string, path: string) => void
  /** Behaviour for requests without a route, for any host. */
  readonly setFallback: (fallback: (host: string, path: string) => Behaviour | undefined) => void
  /** Resets the recorded requests and connections. */
  readonly reset: () => void
}

/** `*.site.example` if it is configured: all hosts below share one certificate, which is issued once. */
const above = (hosts: Readonly<Record<string, HostOptions>>, host: string): string => {
  const wildcard = `*.${host.split(".").slice(1).join(".")}`
  return !(host in hosts) && wildcard in hosts ? wildcard : host
}

const NOT_FOUND = Behave.json({ error: "not found" }, { status: 404 })

/** A reserved port without listener that HTTP clients do not block themselves. */
const REFUSED_PORT = 2

/**
 * Listens on loopback at a free port, or at `at`, for clients on other machines. A host `*.site.example` with the TLS
 * behaviour `Wildcard` gives its certificate to all hosts below the site.
 */
export const makeOrigins = (
  hosts: Readonly<Record<string, HostOptions>> = {},
  at: ListenAt = {}
): Effect.Effect<Origins, never, Scope.Scope> =>
  Effect.gen(function*() {
    const authority = yield* makeAuthority
    const identities = makeIdentities(authority, (host) => hosts[host]?.tls?._tag, (host) => above(hosts, host))
    const state = makeState(hosts)

    const onArrival = ({ request, response, tcp, ...arrival }: Arrival): void => {
      const host = (request.headers.host ?? "").toLowerCase().replace(/:\d+$/, "")
      const path = request.url ?? "/"
      state.requests.push({
        at: Date.now(),
        host,
        method: request.method ?? "",
        path,
        headers: pairs(request.rawHeaders),
        remotePort: tcp.remotePort ?? 0,
        ...arrival
      })
      play(state.behaviourOf(host, path), { response, socket: request.socket, tcp, played: state.played })
    }
    const start = (fault?: HandshakeFault) =>
      fault === "RefusedPort"
        ? Effect.succeed(REFUSED_PORT)
        : startListener({ fault, identities, onArrival, onConnection: state.countConnection, ...(fault ? {} : { at }) })

    const port = yield* start()
    const faults = new Set(Object.values(hosts).flatMap(({ tls }) => tls && isHandshakeFault(tls._tag) ? tls._tag : []))
    const ports = new Map<string, number>()
    for (const fault of faults) ports.set(fault, yield* start(fault))

    const portOf = ({ tls }: HostOptions) => ports.get(tls?._tag ?? "Good") ?? port
    return {
      root: authority.root,
      caPem: authority.root.pem,
      port,
      connectTo: [
        ...Object.entries(hosts).filter(([host]) => !host.startsWith("*.")).map(([host, options]) =>
          `${host}:443=${LOOPBACK}:${portOf(options)}`
        ),
        `:443=${LOOPBACK}:${port}`
      ].join(","),
      requests: state.requests,
      countOf: (host, path) =>
        state.requests.filter((record) => record.host === host && (path === undefined || record.path === path)).length,
      connections: state.connections,
      certificateOf: (host) => Effect.map(identities.of(host), ({ certificate }) => certificate),
      setRoute: state.setRoute,
      removeRoute: state.removeRoute,
      setFallback: state.setFallback,
      reset: state.reset
    }
  })

const pairs = (raw: ReadonlyArray<string>): RequestRecord["headers"] =>
  raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ""] as const] : []))

const makeState = (hosts: Readonly<Record<string, HostOptions>>) => {
  const routes = new Map(
    Object.entries(hosts).flatMap(([host, options]) =>
      Object.entries(options.routes ?? {}).map(([path, behaviour]) => [`${host}${path}`, behaviour] as const)
    )
  )
  const requests: Array<RequestRecord> = []
  let fallback: (host: string, path: string) => Behaviour | undefined = () => undefined
  let connections = 0
  return {
    requests,
    played: new WeakMap<Sequence, number>(),
    behaviourOf: (host: string, path: string): Behaviour =>
      routes.get(`${host}${path}`) ?? fallback(host, path) ?? NOT_FOUND,
    countConnection: () => {
      connections += 1
    },
    connections: () => connections,
    setRoute: (host: string, path: string, behaviour: Behaviour): void => {
      routes.set(`${host}${path}`, behaviour)
    },
    removeRoute: (host: string, path: string): void => {
      routes.delete(`${host}${path}`)
    },
    setFallback: (next: typeof fallback): void => {
      fallback = next
    },
    reset: (): void => {
      requests.length = 0
      connections = 0
    }
  }
}
