/**
 * The index of associations by expiry. In a cluster it is in another place than they are, so nothing is atomic; the order
 * of commands sees to it that an association is never without its member: members may dangle, and go when they are read.
 */
import { comparePositions, monotonicMsOf, type Position, type StoreKey } from "@posh/core"
import { Clock, Effect } from "effect"
import type { RedisClient, Reply } from "./Client.ts"
import { parseMember, type RedisKeys, toMember } from "./keys.ts"
import type { RedisError } from "./RedisError.ts"

export interface ExpiryIndex {
  /** To be called before the association is written, and after, for whoever found the member dangling in between. */
  readonly add: (key: StoreKey, expiresAt: number) => Effect.Effect<void, RedisError>
  /** Makes the index agree with an association that was gone a moment ago. */
  readonly drop: (key: StoreKey) => Effect.Effect<void, RedisError>
  readonly read: (range: IndexRange) => Effect.Effect<ReadonlyArray<IndexEntry>, RedisError>
  /** Takes out what expired long ago; once a minute, however often it is called. */
  readonly sweep: Effect.Effect<void, RedisError>
  /**
   * Takes out members whose association is gone, whenever it was to expire: of a part of the index at a time, going round.
   * Each write adds to the part two members more, so that the index cannot grow faster than it is looked through.
   */
  readonly prune: Effect.Effect<void, RedisError>
}

/** In the order of the inventory. */
export interface IndexRange {
  /** Only what is behind this, and expires later than the given instant. */
  readonly after: Position | undefined
  readonly now: number
  /** Milliseconds since the epoch; only what expires earlier. */
  readonly before: number | undefined
  /** So many at most. */
  readonly limit: number
}

export interface IndexEntry extends Position {
  readonly storeKey: StoreKey
}

const sweepMs = 60_000
// Replicas whose clocks are ahead must not sweep what still lives.
const sweepMarginMs = 300_000

/** Members looked at in one go: at least, and at most; and how many of them at once. */
const minPruneBatch = 100
const maxPruneBatch = 2_000
const pruneConcurrency = 32

export const makeExpiryIndex = (
  client: RedisClient,
  keys: RedisKeys,
  /** When the association that Redis has of a key expires; nothing where it has none that is sound. */
  findExpiry: (key: StoreKey) => Effect.Effect<number | undefined, RedisError>
): Effect.Effect<ExpiryIndex> =>
  Effect.map(Clock.Clock, (clock) => {
    const lastSweep: { at: number | undefined } = { at: undefined }
    const scan = { cursor: "0", added: 0 }

    const add = (key: StoreKey, expiresAt: number) =>
      Effect.suspend(() => {
        scan.added += 1 // twice for each write
        return Effect.asVoid(client.send("ZADD", keys.expiry, expiresAt, toMember(key)))
      })

    const drop = Effect.fnUntraced(function*(key: StoreKey) {
      yield* client.send("ZREM", keys.expiry, toMember(key))
      // Written in the meantime? Either this sees the association, or its writer has yet to add the member again.
      const expiresAt = yield* findExpiry(key)
      if (expiresAt !== undefined) yield* add(key, expiresAt)
    })

    const dropDangling = Effect.fnUntraced(function*(member: string) {
      const key = parseMember(member)
      // Looking is no use: it keeps nothing from being evicted.
      if (key === undefined) yield* client.send("ZREM", keys.expiry, member)
      else if (Number(yield* client.send("EXISTS", keys.association(key))) === 0) yield* drop(key)
    })

    const prune = Effect.gen(function*() {
      const batch = Math.min(maxPruneBatch, minPruneBatch + scan.added)
      scan.added = 0
      const reply = yield* client.send("ZSCAN", keys.expiry, scan.cursor, "COUNT", batch)
      const [cursor, found = null] = Array.isArray(reply) ? reply : []
      scan.cursor = cursor === undefined ? "0" : String(cursor)
      const members = toMembers(found).map(({ member }) => member)
      yield* Effect.forEach(members, dropDangling, { concurrency: pruneConcurrency, discard: true })
    })

    const readFirst = ({ after, before, now }: IndexRange, count: number) =>
      client.send(
        "ZRANGE",
        keys.expiry,
        after === undefined || after.expiresAt <= now ? `(${now}` : after.expiresAt,
        before === undefined ? "+inf" : `(${before}`,
        "BYSCORE",
        "LIMIT",
        0,
        count,
        "WITHSCORES"
      )

    // One certificate may expire for many domains in one instant. Redis orders these otherwise than the inventory, and
    // has no cursor within them: such an instant is read as a whole, in one command, so that nothing is skipped.
    const read = (range: IndexRange, count = range.limit + 1): Effect.Effect<ReadonlyArray<IndexEntry>, RedisError> =>
      Effect.gen(function*() {
        const members = toMembers(yield* readFirst(range, count))
        // Nobody of ours added these: they would be read again and again, and stand for nothing.
        const foreign = members.map(({ member }) => member).filter((member) => parseMember(member) === undefined)
        if (foreign.length > 0) yield* client.send("ZREM", keys.expiry, ...foreign)
        const isAll = members.length < count
        const last = members.at(-1)?.expiresAt
        const whole = isAll ? members : members.filter(({ expiresAt }) => expiresAt !== last)
        const entries = whole.flatMap(({ expiresAt, member }) => {
          const storeKey = parseMember(member)
          return storeKey === undefined ? [] : [{ expiresAt, key: storeKey.text, storeKey }]
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
        return Effect.asVoid(client.send("ZREMRANGEBYSCORE", keys.expiry, "-inf", before))
      })
    }
  })

/** Members and scores, by turns or in pairs. */
const toMembers = (reply: Reply) => {
  const flat = Array.isArray(reply) ? reply.flat().map(String) : []
  return flat.flatMap((member, index) => index % 2 === 0 ? [{ member, expiresAt: Number(flat[index + 1]) }] : [])
}
