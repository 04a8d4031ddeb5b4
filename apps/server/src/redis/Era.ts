/**
 * Detects data loss in Redis. Its era is a random id without TTL; it is created again if it is missing, for example
 * after a restart without persistence. A new era means that Redis lost its data. In a cluster one node stands for all.
 */
import type { StoreKey } from "@posh/core/cache"
import { Effect } from "effect"
import { LRUCache } from "lru-cache"
import { randomUUID } from "node:crypto"
import type { RedisClient } from "./Client.ts"
import type { RedisError } from "./RedisError.ts"
import { tombstoneMs } from "./scripts.ts"

export interface Era {
  readonly read: Effect.Effect<string, RedisError>
  /** Records a purge: if Redis loses its tombstone, a disconnected replica could miss it, so it is repeated. */
  readonly notePurge: (key: StoreKey) => void
  /** The purges of this process that Redis lost since the last call. */
  readonly lostPurges: Effect.Effect<ReadonlyArray<StoreKey>, RedisError>
}

/** Administrators make purges, so there are fewer. */
const maxPurges = 10_000

export const makeEra = (client: RedisClient, redisKey: string): Era => {
  const purges = new LRUCache<string, StoreKey>({ max: maxPurges, ttl: tombstoneMs })
  const known: { era?: string } = {}

  const read = Effect.gen(function*() {
    const stands = yield* client.send("GET", redisKey)
    if (Buffer.isBuffer(stands)) return stands.toString()
    const own = randomUUID()
    const other = yield* client.send("SET", redisKey, own, "NX", "GET")
    return Buffer.isBuffer(other) ? other.toString() : own
  })

  return {
    read,
    notePurge: (key) => void purges.set(key.text, key),
    lostPurges: Effect.map(read, (era) => {
      const isLost = known.era !== undefined && known.era !== era
      known.era = era
      return isLost ? [...purges.rvalues()].filter((key) => key !== undefined) : []
    })
  }
}
