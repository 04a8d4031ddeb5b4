/**
 * Pages of the entries that end before an instant: read from an index, and checked against the entries.
 */
import type { CacheKey, InventoryQuery, Position } from "@posh/core/cache"
import { Effect } from "effect"
import type { ExpiryIndex, IndexEntry } from "./ExpiryIndex.ts"
import type { RedisError } from "./RedisError.ts"

export interface PageParts<K extends CacheKey, A> {
  readonly index: ExpiryIndex<K>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** What Redis has for a member; `undefined` if it is not listed. It removes a member that dangles. */
  readonly readOne: (entry: IndexEntry<K>) => Effect.Effect<A | undefined, RedisError>
}

export interface RedisPage<A> {
  readonly entries: ReadonlyArray<A>
  readonly cursor?: Position
}

interface Found<K extends CacheKey, A> {
  readonly entry: IndexEntry<K>
  readonly value: A
}

/** Entries read concurrently: in a cluster each takes one command. */
const readConcurrency = 32

export const makePages = <K extends CacheKey, A>({ index, now, readOne }: PageParts<K, A>) => {
  const find = (entry: IndexEntry<K>) =>
    Effect.map(readOne(entry), (value): ReadonlyArray<Found<K, A>> => value === undefined ? [] : [{ entry, value }])

  /** Reads one entry more than the page has, to know whether another page follows. */
  const readPage = (
    query: InventoryQuery,
    found: ReadonlyArray<Found<K, A>>
  ): Effect.Effect<ReadonlyArray<Found<K, A>>, RedisError> =>
    Effect.gen(function*() {
      const limit = query.limit + 1 - found.length
      const entries = yield* index.read({ after: query.cursor, now: now(), before: query.expiresBefore, limit })
      const more = [...found, ...(yield* Effect.forEach(entries, find, { concurrency: readConcurrency })).flat()]
      const last = entries.at(-1)
      return more.length > query.limit || entries.length < limit || last === undefined
        ? more
        : yield* readPage({ ...query, cursor: last }, more)
    })

  return (query: InventoryQuery): Effect.Effect<RedisPage<A>, RedisError> =>
    Effect.map(readPage(query, []), (found) => toPage(found, query.limit))
}

const toPage = <K extends CacheKey, A>(found: ReadonlyArray<Found<K, A>>, limit: number): RedisPage<A> => {
  const page = found.slice(0, limit)
  const end = found.length > limit ? page.at(-1)?.entry : undefined
  return {
    entries: page.map(({ value }) => value),
    ...(end === undefined ? {} : { cursor: { expiresAt: end.expiresAt, key: end.key } })
  }
}
