/**
 * The inventory of associations.
 */
import type { Association } from "@posh/core"
import { type Inventory, type InventoryQuery, type StoreKey, usableUntil } from "@posh/core/cache"
import { Effect } from "effect"
import type { RedisClient } from "./Client.ts"
import type { ExpiryIndex, IndexEntry } from "./ExpiryIndex.ts"
import type { FaultLog } from "./FaultLog.ts"
import type { RedisKeys } from "./keys.ts"
import { makePages } from "./pages.ts"
import type { Values } from "./Values.ts"

interface AssociationPages {
  readonly client: RedisClient
  readonly index: ExpiryIndex<StoreKey>
  readonly keys: RedisKeys
  readonly values: Values
  readonly faults: FaultLog
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly isTrusted: (key: StoreKey) => boolean
  /** Applies this deployment's policy to an association that another replica wrote. */
  readonly toOurs: (association: Association) => Association | undefined
}

/** If Redis is unusable, the inventory is empty and marked `partial`. */
export const makeInventory = (options: AssociationPages): (query: InventoryQuery) => Effect.Effect<Inventory> => {
  const { client, index, keys, faults, values } = options

  const readOne = Effect.fnUntraced(function*({ cacheKey, expiresAt }: IndexEntry<StoreKey>) {
    if (!options.isTrusted(cacheKey)) return undefined
    const redisKey = keys.association(cacheKey)
    const reply = yield* client.send("GET", redisKey)
    if (reply === null) {
      yield* index.drop(cacheKey)
      return undefined
    }
    const stored = yield* values.orNote(values.readAssociation(redisKey, cacheKey, reply))
    const association = stored === undefined ? undefined : options.toOurs(stored)
    if (stored === undefined || association === undefined) return undefined
    if (usableUntil(association.lifetime) <= options.now()) return undefined
    if (Math.floor(stored.lifetime.expiresAt) === expiresAt) return association
    // Two replicas wrote concurrently, and the member has the other score. The page with the right score lists it.
    yield* index.drop(cacheKey)
    return undefined
  })

  const read = makePages({ index, now: options.now, readOne })
  return (query) =>
    Effect.matchEffect(read(query), {
      onFailure: (error) => Effect.as(faults.noteError(error), { associations: [], partial: true as const }),
      onSuccess: ({ entries, ...more }) => Effect.succeed({ associations: entries, ...more })
    })
}
