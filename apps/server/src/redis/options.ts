/**
 * Settings → the options of the client library. All is bounded: connecting, commands, the queue (none), retries (none:
 * if Redis does not answer in time, memory or the origin does), and the rate of reconnects.
 */
import { Redacted } from "effect"
import type { ClusterOptions, CommonRedisOptions, RedisOptions } from "ioredis"
import { randomInt } from "node:crypto"
import { makeConnector, makeSentinelConnector, plainTls, type TlsSource } from "./connection/sockets.ts"
import { placesOf, type RedisMode, type Servers } from "./Servers.ts"

export interface RedisSettings {
  readonly servers: Servers
  readonly mode: RedisMode
  /** Milliseconds for one command. */
  readonly timeoutMs: number
  /** Milliseconds for which the breaker stays open after a time-out or a broken connection. Default 5,000. */
  readonly breakerMs?: number
  /** For `rediss://`. Default: the roots of Node.js, and no certificate of our own. */
  readonly tls?: TlsSource
}

/** Where Redis is, as text for logs. */
export const whereIs = ({ mode, servers }: RedisSettings): string =>
  placesOf(servers, mode === "sentinel" ? sentinelPort : redisPort)

/** Time-out of connecting, milliseconds. */
export const connectMs = 1_000

/** `onSentinelRefusal` is called with what a sentinel did wrong. */
export const toRedisOptions = (
  settings: RedisSettings,
  onSentinelRefusal: (cause: unknown) => void = () => undefined
) => {
  const { mode, servers, timeoutMs } = settings
  const common = { ...bounds(timeoutMs), ...login(servers), db: servers.database, retryStrategy, lazyConnect: true }
  const [first] = servers.addresses
  if (mode !== "sentinel") {
    return {
      ...common,
      ...(servers.socket === undefined ? {} : { path: servers.socket }),
      ...(first === undefined ? {} : withPort(first, redisPort)),
      ...socketsOf(settings)
    } satisfies RedisOptions
  }
  const sentinelPassword = servers.sentinelPassword
  return {
    ...common,
    sentinels: servers.addresses.map((address) => withPort(address, sentinelPort)),
    ...(servers.name === undefined ? {} : { name: servers.name }),
    ...(servers.sentinelUsername === undefined ? {} : { sentinelUsername: servers.sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword: Redacted.value(sentinelPassword) }),
    sentinelCommandTimeout: timeoutMs,
    sentinelRetryStrategy: retryStrategy,
    ...(servers.tls ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
    Connector: makeSentinelConnector(tlsOf(settings), onSentinelRefusal),
    // A demoted master refuses writes: reconnect, so the sentinels name the current master.
    reconnectOnError: ({ message }: Error) => message.startsWith("READONLY")
  } satisfies RedisOptions
}

export const toClusterOptions = (settings: RedisSettings) => ({
  lazyConnect: true,
  enableOfflineQueue: false,
  clusterRetryStrategy: retryStrategy,
  // Without it a restarted master stays disconnected until its slots move.
  clusterNodeRetryStrategy: retryStrategy,
  slotsRefreshTimeout: connectMs,
  maxRedirections: 4,
  retryDelayOnFailover: 20,
  retryDelayOnClusterDown: 20,
  retryDelayOnTryAgain: 20,
  // Certificates name hosts, not addresses: keep the names, because TLS checks them.
  ...(settings.servers.tls ? { dnsLookup: (host, done) => done(null, host) } : {}),
  redisOptions: { ...bounds(settings.timeoutMs), ...login(settings.servers), ...socketsOf(settings) }
} satisfies ClusterOptions)

/** The seed nodes of a cluster. */
export const toNodes = ({ servers }: RedisSettings): Array<{ readonly host: string; readonly port: number }> =>
  servers.addresses.map((address) => withPort(address, redisPort))

export const redisPort = 6_379
const sentinelPort = 26_379

/** Exponential back-off from 50 ms to 2 s, half of it jitter, so the replicas of a fleet do not reconnect at once. */
export const retryStrategy = (times: number): number => {
  const ceiling = Math.min(2_000, 50 * 2 ** Math.min(times, 10))
  return randomInt(ceiling / 2, ceiling + 1)
}

const bounds = (timeoutMs: number) => ({
  connectTimeout: connectMs,
  // For commands of the library, such as AUTH; the service's own commands have a shorter time-out.
  commandTimeout: Math.max(connectMs, timeoutMs * 2),
  // Closes a connection without replies: it may be half-open.
  socketTimeout: Math.max(2_000, timeoutMs * 2),
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // `Changes.ts` subscribes. If the library resubscribed, its failure would be an unhandled rejection and end the
  // process.
  autoResubscribe: false,
  connectionName: "posh",
  // A command more that an ACL would have to permit.
  disableClientInfo: true
} satisfies CommonRedisOptions)

/** User and password, which may change while the service runs. */
export const toCredentials = ({ servers }: RedisSettings) => ({
  username: undefined,
  password: undefined,
  ...login(servers),
  sentinelUsername: servers.sentinelUsername,
  sentinelPassword: servers.sentinelPassword === undefined ? undefined : Redacted.value(servers.sentinelPassword)
})

const login = ({ password, username }: Servers) => ({
  ...(username === undefined ? {} : { username }),
  ...(password === undefined ? {} : { password: Redacted.value(password) })
})

const tlsOf = ({ servers, tls = plainTls }: RedisSettings) => servers.tls ? tls : undefined

/** `tls` tells the library which event of a socket to wait for. */
const socketsOf = (settings: RedisSettings) => ({
  ...(settings.servers.tls ? { tls: {} } : {}),
  Connector: makeConnector(tlsOf(settings))
})

const withPort = ({ host, port }: Servers["addresses"][number], usual: number) => ({ host, port: port ?? usual })
