/**
 * An index of entries (associations, or look-ups) by expiry. In a cluster the index and an entry may have different slots,
 * so an update of both is not atomic. The order of commands ensures that every entry has its member. A member may dangle
 * (have no entry); a read removes dangling members.
 */
import { type CacheKey, comparePositions, type Position } from "@posh/core/cache"
import { monotonicMsOf } from "@posh/core/serving"
import { Array as Arr, Clock, Effect } from "effect"
import type { RedisClient } from "./Client.ts"
import type { Reply } from "./Command.ts"
import type { RedisError } from "./RedisError.ts"

export interface ExpiryIndex<K extends CacheKey> {
  /** Call it before the entry is written and again after: a reader may have removed the member as dangling between. */
  readonly add: (key: K, expiresAt: number) => Effect.Effect<void, RedisError>
  /** Removes the member of a removed entry; adds it again if the entry was written meanwhile. */
  readonly drop: (key: K) => Effect.Effect<void, RedisError>
  readonly read: (range: IndexRange) => Effect.Effect<ReadonlyArray<IndexEntry<K>>, RedisError>
  /** Removes members whose expiry is long past. Idempotent within a minute: further calls do nothing. */
  readonly sweep: Effect.Effect<void, RedisError>
  /**
   * Removes dangling members that the sweep would not remove for long. Each call scans one batch of the index, in a
   * cycle. Each write grows the next batch by two members, so the index cannot grow faster than it is scanned.
   */
  readonly prune: Effect.Effect<void, RedisError>
}

/** A range in the order of the inventory. */
export interface IndexRange {
  /** Only entries after this position that expire later than `now`. */
  readonly after: Position | undefined
  readonly now: number
  /** Milliseconds since the epoch; only what expires earlier. */
  readonly before: number | undefined
  /** Maximum number of entries. */
  readonly limit: number
}

export interface IndexEntry<K extends CacheKey> extends Position {
  readonly cacheKey: K
}

/** What is in an index. */
export interface Indexed<K extends CacheKey> {
  /** The key of the sorted set. */
  readonly index: string
  /** The key of an entry. */
  readonly entry: (key: K) => string
  readonly toMember: (key: K) => string
  /** Its inverse; `undefined` for any other text. */
  readonly parseMember: (member: string) => K | undefined
  /** Expiry of the entry that Redis holds for a key; `undefined` if it holds none that decodes. */
  readonly findExpiry: (key: K) => Effect.Effect<number | undefined, RedisError>
}

const sweepMs = 60_000
// A replica whose clock is ahead must not sweep members that have not expired.
const sweepMarginMs = 300_000

/** Members in one batch of `prune`: minimum, maximum, how many one command asks for, and how many are concurrent. */
const minPruneBatch = 100
const maxPruneBatch = 2_000
const mostTogether = 128
const pruneConcurrency = 32

export const makeExpiryIndex = <K extends CacheKey>(
  client: RedisClient,
  { entry, findExpiry, index, parseMember, toMember }: Indexed<K>
): Effect.Effect<ExpiryIndex<K>> =>
  Effect.map(Clock.Clock, (clock) => {
    const lastSweep: { at: number | undefined } = { at: undefined }
    const scan = { cursor: "0", added: 0, alone: false }

    const add = (key: K, expiresAt: number) =>
      Effect.suspend(() => {
        scan.added += 1 // twice for each write
        return Effect.asVoid(client.send("ZADD", index, expiresAt, toMember(key)))
      })

    const drop = Effect.fnUntraced(function*(key: K) {
      yield* client.send("ZREM", index, toMember(key))
      // If it was written meanwhile, either this read sees the entry, or its writer still has to add the member.
      const expiresAt = yield* findExpiry(key)
      if (expiresAt !== undefined) yield* add(key, expiresAt)
    })

    /** Keys without an entry. They are few, so one command asks for all; for halves only where some lack it. */
    const findDangling = (some: ReadonlyArray<K>): Effect.Effect<ReadonlyArray<K>, RedisError> =>
      Effect.gen(function*() {
        if (some.length === 0) return []
        if (scan.alone && some.length > 1) return yield* findIn(some.map((key) => [key]), pruneConcurrency)
        // EXISTS, not GET: it does not count as a use, so it does not protect the entry from eviction.
        const reply = yield* client.send("EXISTS", ...some.map(entry)).pipe(
          Effect.catchIf(({ word }) => word === "CROSSSLOT" && some.length > 1, () => Effect.succeed(undefined))
        )
        if (reply === undefined) {
          scan.alone = true // a cluster
          return yield* findDangling(some)
        }
        const count = Number(reply)
        if (count === some.length) return []
        if (count === 0) return some
        const middle = some.length >> 1
        return yield* findIn([some.slice(0, middle), some.slice(middle)], 2)
      })
    const findIn = (parts: ReadonlyArray<ReadonlyArray<K>>, concurrency: number) =>
      Effect.map(Effect.forEach(parts, findDangling, { concurrency }), (found) => found.flat())

    /** No replica adds such members. They name no key and would be read again each time. */
    const removeForeign = (members: ReturnType<typeof toMembers>) => {
      const foreign = members.map(({ member }) => member).filter((member) => parseMember(member) === undefined)
      return foreign.length === 0 ? Effect.void : Effect.asVoid(client.send("ZREM", index, ...foreign))
    }

    const prune = Effect.gen(function*() {
      const batch = Math.min(maxPruneBatch, minPruneBatch + scan.added)
      scan.added = 0
      const reply = yield* client.send("ZSCAN", index, scan.cursor, "COUNT", batch)
      const [cursor, found = null] = Array.isArray(reply) ? reply : []
      scan.cursor = cursor === undefined ? "0" : String(cursor)
      const members = toMembers(found)
      yield* removeForeign(members)
      const now = clock.currentTimeMillisUnsafe()
      // Others are swept after a write, by one command.
      const unexpired = members.filter(({ expiresAt }) => !(expiresAt <= now))
        .flatMap(({ member }) => parseMember(member) ?? [])
      const dangling = yield* findIn(Arr.chunksOf(unexpired, mostTogether), 1)
      yield* Effect.forEach(dangling, drop, { concurrency: pruneConcurrency, discard: true })
    })

    const readFirst = ({ after, before, now }: IndexRange, count: number) =>
      client.send(
        "ZRANGE",
        index,
        after === undefined || after.expiresAt <= now ? `(${now}` : after.expiresAt,
        before === undefined ? "+inf" : `(${before}`,
        "BYSCORE",
        "LIMIT",
        0,
        count,
        "WITHSCORES"
      )

    // One certificate may expire for many domains at the same instant. Redis orders members of equal score differently
    // from the inventory and has no cursor within them. So all members of an instant are read in one command, and none
    // is skipped.
    const read = (
      range: IndexRange,
      count = range.limit + 1
    ): Effect.Effect<ReadonlyArray<IndexEntry<K>>, RedisError> =>
      Effect.gen(function*() {
        const members = toMembers(yield* readFirst(range, count))
        yield* removeForeign(members)
        const isAll = members.length < count
        const last = members.at(-1)?.expiresAt
        const whole = isAll ? members : members.filter(({ expiresAt }) => expiresAt !== last)
        const entries = whole.flatMap(({ expiresAt, member }): ReadonlyArray<IndexEntry<K>> => {
          const cacheKey = parseMember(member)
          return cacheKey === undefined ? [] : [{ expiresAt, key: cacheKey.text, cacheKey }]
        })
        const { after, limit } = range
        const beyond = entries.filter((entry) => after === undefined || comparePositions(entry, after) > 0)
        if (beyond.length < limit && !isAll) return yield* read(range, count * 4)
        return beyond.sort(comparePositions).slice(0, limit)
      })

    return {
      add,
      drop,
      read: (range) => read(range),
      prune,
      sweep: Effect.suspend(() => {
        const now = monotonicMsOf(clock)
        if (lastSweep.at !== undefined && now - lastSweep.at < sweepMs) return Effect.void
        lastSweep.at = now
        const before = clock.currentTimeMillisUnsafe() - sweepMarginMs
        return Effect.asVoid(client.send("ZREMRANGEBYSCORE", index, "-inf", before))
      })
    }
  })

/** Members and scores: alternating (RESP2) or in pairs (RESP3). */
const toMembers = (reply: Reply) => {
  const flat = Array.isArray(reply) ? reply.flat().map(String) : []
  return flat.flatMap((member, index) => index % 2 === 0 ? [{ member, expiresAt: Number(flat[index + 1]) }] : [])
}
