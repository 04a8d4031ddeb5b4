/**
 * Pages of the associations that expire before an instant: read from the index, and checked against the associations.
 */
import type { Association } from "@posh/core"
import { type Inventory, type InventoryQuery, type StoreKey, usableUntil } from "@posh/core/cache"
import { Effect } from "effect"
import type { RedisClient } from "./Client.ts"
import type { ExpiryIndex, IndexEntry } from "./ExpiryIndex.ts"
import type { FaultLog } from "./FaultLog.ts"
import type { RedisKeys } from "./keys.ts"
import type { RedisError } from "./RedisError.ts"
import type { Values } from "./Values.ts"

interface InventoryOptions {
  readonly client: RedisClient
  readonly index: ExpiryIndex
  readonly keys: RedisKeys
  readonly values: Values
  readonly faults: FaultLog
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly isTrusted: (key: StoreKey) => boolean
  /** Applies this deployment's policy to an association that another replica wrote. */
  readonly toOurs: (association: Association) => Association | undefined
}

interface IndexedAssociation {
  readonly entry: IndexEntry
  readonly association: Association
}

/** Associations read concurrently: in a cluster each takes one command. */
const readConcurrency = 32

/** If Redis is unusable, the inventory is empty and marked `partial`. */
export const makeInventory = (options: InventoryOptions): (query: InventoryQuery) => Effect.Effect<Inventory> => {
  const { client, index, keys, faults, values } = options

  const readOne = Effect.fnUntraced(function*(entry: IndexEntry) {
    const { expiresAt, storeKey } = entry
    if (!options.isTrusted(storeKey)) return []
    const redisKey = keys.association(storeKey)
    const reply = yield* client.send("GET", redisKey)
    if (reply === null) {
      yield* index.drop(storeKey)
      return []
    }
    const stored = yield* values.orNote(values.readAssociation(redisKey, storeKey, reply))
    const association = stored === undefined ? undefined : options.toOurs(stored)
    if (stored === undefined || association === undefined) return []
    if (usableUntil(association.lifetime) <= options.now()) return []
    if (Math.floor(stored.lifetime.expiresAt) === expiresAt) return [{ entry, association }]
    // Two replicas wrote concurrently, and the member has the other score. The page with the right score lists it.
    yield* index.drop(storeKey)
    return []
  })

  /** Reads one association more than the page has, to know whether another page follows. */
  const readPage = (
    query: InventoryQuery,
    found: ReadonlyArray<IndexedAssociation>
  ): Effect.Effect<ReadonlyArray<IndexedAssociation>, RedisError> =>
    Effect.gen(function*() {
      const limit = query.limit + 1 - found.length
      const entries = yield* index.read({
        after: query.cursor,
        now: options.now(),
        before: query.expiresBefore,
        limit
      })
      const more = [...found, ...(yield* Effect.forEach(entries, readOne, { concurrency: readConcurrency })).flat()]
      const last = entries.at(-1)
      return more.length > query.limit || entries.length < limit || last === undefined
        ? more
        : yield* readPage({ ...query, cursor: last }, more)
    })

  return (query) =>
    Effect.matchEffect(readPage(query, []), {
      onFailure: (error) => Effect.as(faults.noteError(error), { associations: [], partial: true as const }),
      onSuccess: (found) => Effect.succeed(toPage(found, query.limit))
    })
}

const toPage = (found: ReadonlyArray<IndexedAssociation>, limit: number): Inventory => {
  const page = found.slice(0, limit)
  const end = found.length > limit ? page.at(-1)?.entry : undefined
  return {
    associations: page.map(({ association }) => association),
    ...(end === undefined ? {} : { cursor: { expiresAt: end.expiresAt, key: end.key } })
  }
}
