/**
 * Settings → the options of the client library. Everything is bounded: connecting, a command, the queue (there is none),
 * retries (none: what was not answered in time is answered from elsewhere), and how often a connection is tried.
 */
import { Redacted } from "effect"
import type { ClusterOptions, CommonRedisOptions, RedisOptions } from "ioredis"
import { randomInt } from "node:crypto"
import type { RedisMode, Servers } from "./Servers.ts"

export interface RedisSettings {
  readonly servers: Servers
  readonly mode: RedisMode
  /** Milliseconds for one command. */
  readonly timeoutMs: number
  /** Milliseconds for which Redis is left alone after a time-out or a broken connection; 5,000 unless given. */
  readonly breakerMs?: number
}

/** Milliseconds to connect in. */
export const connectMs = 1_000

export const toRedisOptions = ({ mode, servers, timeoutMs }: RedisSettings) => {
  const common = { ...bounds(timeoutMs), ...login(servers), db: servers.database, retryStrategy, lazyConnect: true }
  const [first] = servers.addresses
  if (mode !== "sentinel") {
    return {
      ...common,
      ...(first === undefined ? {} : withPort(first, redisPort)),
      ...tlsOf(servers)
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
    // A master that was demoted refuses writes: ask the sentinels who is master now.
    reconnectOnError: ({ message }: Error) => message.startsWith("READONLY")
  } satisfies RedisOptions
}

export const toClusterOptions = ({ servers, timeoutMs }: RedisSettings) => ({
  lazyConnect: true,
  enableOfflineQueue: false,
  clusterRetryStrategy: retryStrategy,
  // Without it a master that restarts stays lost until its slots move.
  clusterNodeRetryStrategy: retryStrategy,
  slotsRefreshTimeout: connectMs,
  maxRedirections: 4,
  retryDelayOnFailover: 20,
  retryDelayOnClusterDown: 20,
  retryDelayOnTryAgain: 20,
  // Certificates name hosts, not addresses: leave names as they are where TLS checks them.
  ...(servers.tls ? { dnsLookup: (host, done) => done(null, host) } : {}),
  redisOptions: { ...bounds(timeoutMs), ...login(servers), ...tlsOf(servers) }
} satisfies ClusterOptions)

/** Where to find the first nodes of a cluster. */
export const toNodes = ({ servers }: RedisSettings): Array<{ readonly host: string; readonly port: number }> =>
  servers.addresses.map((address) => withPort(address, redisPort))

const redisPort = 6_379
const sentinelPort = 26_379

/** Doubles from 50 ms to 2 s, half of it by chance, so that a fleet does not come back in one moment. */
const retryStrategy = (times: number): number => {
  const ceiling = Math.min(2_000, 50 * 2 ** Math.min(times, 10))
  return randomInt(ceiling / 2, ceiling + 1)
}

const bounds = (timeoutMs: number) => ({
  connectTimeout: connectMs,
  // Of logging in, say; what the service sends is bounded more tightly.
  commandTimeout: Math.max(connectMs, timeoutMs * 2),
  // A connection on which answers stay away is given up: the network may have forgotten it.
  socketTimeout: Math.max(2_000, timeoutMs * 2),
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // We subscribe ourselves. Where the library does, nobody hears of a failure, and that ends the process.
  autoResubscribe: false,
  connectionName: "posh"
} satisfies CommonRedisOptions)

const login = ({ password, username }: Servers) => ({
  ...(username === undefined ? {} : { username }),
  ...(password === undefined ? {} : { password: Redacted.value(password) })
})

const tlsOf = ({ tls }: Servers) => tls ? { tls: {} } : {}

const withPort = ({ host, port }: Servers["addresses"][number], usual: number) => ({ host, port: port ?? usual })
