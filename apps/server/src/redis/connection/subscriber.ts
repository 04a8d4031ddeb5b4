/**
 * The connection for the subscription. In a cluster every node delivers all messages, so it connects to one of the seed
 * nodes, and to the next one if that fails. The cluster client of the library would move a subscription silently, so lost
 * messages would go unnoticed.
 */
import { Redis } from "ioredis"
import { randomInt } from "node:crypto"
import {
  redisPort,
  type RedisSettings,
  retryStrategy,
  toCredentials,
  toNodes,
  toRedisOptions,
  whereIs
} from "../options.ts"
import { placeOf } from "../Servers.ts"

export interface Subscriber {
  readonly connection: Redis
  /** Where it connects to, for people. */
  readonly place: () => string
  /** Connects with the user and the password that are current. */
  readonly renew: () => void
  /** Call `reset` when the subscription works: a server may accept connections and no subscription. */
  readonly backOff: { readonly reset: () => void }
}

export const makeSubscriber = (settings: RedisSettings, onSentinelRefusal: (cause: unknown) => void): Subscriber => {
  const attempts = { count: 0 }
  const backOff = { reset: () => void (attempts.count = 0) }
  const more = { retryStrategy: () => retryStrategy(attempts.count += 1) }
  if (settings.mode === "cluster") {
    const connection = toNextNode(settings, more)
    return {
      connection,
      renew: renewOf(connection, settings),
      backOff,
      place: () => placeOf(connection.options.host ?? "", connection.options.port ?? redisPort)
    }
  }
  const connection = new Redis({ ...toRedisOptions(settings, onSentinelRefusal), ...more })
  return { connection, renew: renewOf(connection, settings), backOff, place: () => whereIs(settings) }
}

/** The library reads its options whenever it connects. */
const renewOf = (connection: Redis, settings: RedisSettings) => () => {
  Object.assign(connection.options, toCredentials(settings))
  connection.disconnect(true)
}

const toNextNode = (settings: RedisSettings, more: { readonly retryStrategy: () => number }): Redis => {
  const nodes = toNodes(settings)
  const state = { turn: randomInt(nodes.length) }
  const connection = new Redis({
    ...toRedisOptions({ ...settings, mode: "standalone" }),
    ...nodes[state.turn],
    ...more
  })
  return connection.on("close", () => {
    state.turn = (state.turn + 1) % nodes.length
    Object.assign(connection.options, nodes[state.turn])
  })
}
