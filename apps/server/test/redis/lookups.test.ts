/** What DNS says of services in a real Redis: fenced, sealed, bounded, and believed only as far as it can be. */
import { assert, describe, it } from "@effect/vitest"
import { type CacheKey, lookupEnd } from "@posh/core/cache"
import { monotonicMsOf } from "@posh/core/serving"
import { makeRedis, type RedisServer } from "@posh/testing"
import { Clock, Effect } from "effect"
import { association, keyOf, lookupKeyOf, lookupOf, lookupRedisKey } from "./things.ts"
import { calm, connectReplica, type StoreOptions } from "./world.ts"

const key = lookupKeyOf("im")
const name = lookupRedisKey(key)
const minute = 60_000

const makePair = (options: StoreOptions = calm) =>
  Effect.gen(function*() {
    const redis = yield* makeRedis()
    const [a, b] = [yield* connectReplica(redis.url, options), yield* connectReplica(redis.url, options)]
    return { redis, a, b }
  })

type Replica = Effect.Success<ReturnType<typeof connectReplica>>
const leadOf = ({ fleet }: Replica) =>
  Effect.map(fleet.lead(key, () => undefined), (lead) => lead._tag === "Lead" ? lead : assert.fail("not the leader"))
const members = (redis: RedisServer) => redis.command("ZRANGE", "posh:v1:tlsa-expiry", "0", "-1", "WITHSCORES")

describe("look-ups in Redis", () => {
  it.live("what one stores under its lead, another reads, until the same end", () =>
    Effect.gen(function*() {
      const { a, b, redis } = yield* makePair()
      const lookup = lookupOf()
      const lead = yield* leadOf(a)
      assert.strictEqual(yield* a.lookups.put(key, lookup, 200_000, lead.permit), "stored")
      yield* lead.over
      const read = yield* b.lookups.get(key)
      // 200 s are left by the clock of Redis, which is earlier than 300 s from the beginning.
      assert.isAtMost(lookupEnd(read.lookup ?? lookup), read.asOf + 200_000)
      assert.isAbove(lookupEnd(read.lookup ?? lookupOf(0)), read.asOf + 190_000)
      assert.isAtMost(Number(yield* redis.command("PTTL", name)), 200_000)
      assert.deepStrictEqual(yield* members(redis), ["{im.example}:xmpp-server", String(lookupEnd(lookup))])
      assert.strictEqual(yield* redis.command("EXISTS", "posh:v1:expiry"), 0, "earlier versions take members out of it")
    }), 60_000)

  it.live("a late write restores nothing, neither after a purge nor after another lead", () =>
    Effect.gen(function*() {
      const { a, b, redis } = yield* makePair()
      const first = yield* leadOf(a)
      assert.deepStrictEqual(yield* b.lookups.forget(key), { pending: [] })
      assert.strictEqual(yield* a.lookups.put(key, lookupOf(), minute, first.permit), "stale")
      const second = yield* leadOf(b)
      assert.strictEqual(yield* b.lookups.put(key, lookupOf(), minute, second.permit), "stored")
      assert.strictEqual(yield* a.lookups.put(key, lookupOf(), minute, first.permit), "stale")
      assert.isDefined((yield* a.lookups.get(key)).lookup)
      assert.deepStrictEqual(yield* b.lookups.forget(key), { pending: [] })
      assert.deepStrictEqual(yield* members(redis), [])
      assert.isUndefined((yield* a.lookups.get(key)).lookup)
    }), 60_000)

  it.live("what lasts no longer replaces what was stored by nothing", () =>
    Effect.gen(function*() {
      const { a, redis } = yield* makePair()
      assert.strictEqual(yield* a.lookups.put(key, lookupOf(), minute), "stored")
      assert.strictEqual(yield* a.lookups.put(key, lookupOf(Date.now(), 0), 0), "stored")
      assert.strictEqual(yield* redis.command("EXISTS", name), 0)
      assert.deepStrictEqual(yield* members(redis), [])
    }), 60_000)

  it.live("CAC-35: the clock of who wrote it makes it live no longer than its TTL", () =>
    Effect.gen(function*() {
      const { a, b } = yield* makePair()
      yield* a.lookups.put(key, lookupOf(Date.now() + 4 * minute), 5 * minute)
      const { asOf, lookup = lookupOf(0) } = yield* b.lookups.get(key)
      assert.isAtMost(lookupEnd(lookup), asOf + 5 * minute)
      assert.isAtMost(lookup.resolvedAt, asOf)
      yield* a.lookups.put(key, lookupOf(Date.now() + 6 * minute), 5 * minute)
      assert.isUndefined((yield* b.lookups.get(key)).lookup, "too far in the future")
    }), 60_000)

  const secrets = ["a secret of the whole fleet that is long enough"]
  const rows: ReadonlyArray<{
    readonly name: string
    readonly spoil: (redis: RedisServer, other: CacheKey) => Effect.Effect<unknown, unknown>
    readonly reason?: "unsealable" | "undecodable" | "oversized" | "refused"
  }> = [
    {
      name: "garbage",
      spoil: ({ command }) => command("SET", name, "garbage", "PX", String(minute)),
      reason: "unsealable"
    },
    {
      name: "another type",
      spoil: ({ command }) => Effect.andThen(command("DEL", name), command("HSET", name, "a", "b")),
      reason: "refused"
    },
    {
      name: "two megabytes",
      spoil: ({ command }) => command("SET", name, "x".repeat(2_000_000), "PX", String(minute)),
      reason: "oversized"
    },
    {
      name: "a changed octet",
      spoil: ({ command }) => command("SETRANGE", name, "40", "\u0000"),
      reason: "unsealable"
    },
    {
      name: "that of another domain",
      spoil: ({ command }, other) => command("COPY", lookupRedisKey(other), name, "REPLACE"),
      reason: "unsealable"
    },
    { name: "no end", spoil: ({ command }) => command("PERSIST", name) }
  ]
  it.live.each(rows)("CAC-05: $name under the key is a miss", ({ reason, spoil }) =>
    Effect.gen(function*() {
      const { a, b, redis } = yield* makePair({ ...calm, secrets })
      const other = lookupKeyOf("other")
      yield* a.lookups.put(key, lookupOf(), minute)
      yield* a.lookups.put(other, lookupOf(), minute)
      assert.isDefined((yield* b.lookups.get(key)).lookup)
      yield* spoil(redis, other)
      assert.isUndefined((yield* b.lookups.get(key)).lookup)
      const { counts } = b.faults
      assert.strictEqual(Object.values(counts).reduce((sum, count) => sum + count, 0), reason === undefined ? 0 : 1)
      if (reason !== undefined) assert.strictEqual(counts[reason], 1)
      // The next look-up takes its place.
      assert.strictEqual(yield* b.lookups.put(key, lookupOf(), minute), "stored")
      assert.isDefined((yield* a.lookups.get(key)).lookup)
    }), 60_000)

  it.live("is sealed where there is a secret, and readable only with it", () =>
    Effect.gen(function*() {
      const redis = yield* makeRedis()
      const a = yield* connectReplica(redis.url, { ...calm, secrets })
      const stranger = yield* connectReplica(redis.url)
      yield* a.lookups.put(key, lookupOf(), minute)
      assert.notInclude(String(yield* redis.command("GET", name)), "xmpp.host.example")
      assert.isUndefined((yield* stranger.lookups.get(key)).lookup)
      assert.strictEqual(stranger.faults.counts.unsealable, 1)
      yield* stranger.lookups.put(key, lookupOf(), minute)
      assert.isUndefined((yield* a.lookups.get(key)).lookup)
    }), 60_000)

  it.live("Redis full: says so, and what was stored before is not believed", () =>
    Effect.gen(function*() {
      const { a, redis } = yield* makePair()
      yield* a.lookups.put(key, lookupOf(), minute)
      yield* redis.command("CONFIG", "SET", "maxmemory", "1")
      assert.strictEqual(yield* a.lookups.put(key, lookupOf(), minute), "away")
      assert.strictEqual(yield* redis.command("EXISTS", name), 0, "a full Redis still deletes")
      assert.deepStrictEqual((yield* a.lookups.replay).map(({ text }) => text), [key.text], "others may remember it")
      yield* redis.command("CONFIG", "SET", "maxmemory", "0")
      assert.strictEqual(yield* a.lookups.put(key, lookupOf(), minute), "stored")
    }), 60_000)

  it.live("Redis silent: says so in time, and believes nothing of it that was replaced", () =>
    Effect.gen(function*() {
      const { a, b, redis } = yield* makePair({ timeoutMs: 100, breakerMs: 300 })
      yield* a.lookups.put(key, lookupOf(), minute)
      yield* redis.pause()
      const started = performance.now()
      assert.isTrue((yield* a.lookups.get(key)).away)
      assert.strictEqual(yield* a.lookups.put(key, lookupOf(), minute), "away")
      assert.isBelow(performance.now() - started, 2_000)
      const page = yield* b.lookups.inventory({ limit: 5 })
      assert.deepStrictEqual(page, { lookups: [], partial: true })
      yield* redis.resume()
      yield* usable(a)
      // It was replaced; what is still there is removed before it is read.
      assert.isUndefined((yield* a.lookups.get(key)).lookup)
      assert.strictEqual(yield* redis.command("EXISTS", name), 0)
    }), 60_000)

  it.live("a purge that Redis did not get is pending, and made when it is back", () =>
    Effect.gen(function*() {
      const { a, redis } = yield* makePair({ timeoutMs: 100, breakerMs: 300 })
      yield* a.lookups.put(key, lookupOf(), minute)
      const lead = yield* leadOf(a)
      yield* redis.pause()
      assert.deepStrictEqual(yield* a.lookups.forget(key), { pending: ["store", "announcement"] })
      yield* redis.resume()
      yield* usable(a)
      assert.deepStrictEqual((yield* a.lookups.replay).map(({ text }) => text), [key.text])
      assert.deepStrictEqual(yield* a.lookups.replay, [])
      assert.strictEqual(yield* redis.command("EXISTS", name), 0)
      assert.strictEqual(yield* a.lookups.put(key, lookupOf(), minute, lead.permit), "stale")
    }), 60_000)

  it.live("the inventory has pages by end, and no member that dangles", () =>
    Effect.gen(function*() {
      const { a, b, redis } = yield* makePair()
      const now = Date.now()
      for (let index = 0; index < 12; index += 1) {
        const at = lookupOf(now, 100 + Math.floor(index / 3))
        yield* a.lookups.put(lookupKeyOf(`n${String(index).padStart(2, "0")}`), at, lookupEnd(at) - now)
      }
      yield* a.lookups.put(key, lookupOf(now, 50), 50_000)
      yield* redis.command("DEL", name)
      yield* redis.command(
        "ZADD",
        "posh:v1:tlsa-expiry",
        String(now + minute),
        "garbage",
        String(now + minute),
        "{a b}:c"
      )
      const first = yield* b.lookups.inventory({ limit: 5 })
      const second = yield* b.lookups.inventory({
        limit: 20,
        ...(first.cursor === undefined ? {} : { cursor: first.cursor })
      })
      const names = [...first.lookups, ...second.lookups].map(({ key: { domain } }) => domain.split(".")[0])
      assert.deepStrictEqual(names, Array.from({ length: 12 }, (_, index) => `n${String(index).padStart(2, "0")}`))
      assert.isUndefined(second.cursor)
      assert.strictEqual(((yield* members(redis)) as ReadonlyArray<unknown>).length, 24)
      const before = yield* b.lookups.inventory({ limit: 20, expiresBefore: now + 101_000 })
      assert.strictEqual(before.lookups.length, 3)
      yield* redis.command("DEL", lookupRedisKey(lookupKeyOf("n00")))
      yield* b.lookups.prune
      assert.strictEqual(((yield* members(redis)) as ReadonlyArray<unknown>).length, 22)
    }), 60_000)

  it.live("who knows nothing of look-ups is not disturbed by their messages and keys", () =>
    Effect.gen(function*() {
      const { a, b } = yield* makePair()
      const document = keyOf("im")
      yield* a.store.putAssociation(document, association(document))
      yield* Effect.sleep("100 millis") // its own message
      assert.isDefined((yield* b.store.get(document)).association)
      yield* a.lookups.put(key, lookupOf(), minute)
      yield* a.changes.announce(key)
      yield* a.lookups.forget(key)
      yield* a.changes.announce(key)
      yield* Effect.sleep("100 millis")
      const now = yield* Clock.clockWith((clock) =>
        Effect.sync(() => ({ wallMs: clock.currentTimeMillisUnsafe(), monotonicMs: monotonicMsOf(clock) }))
      )
      assert.isDefined(b.store.recall(document, now)?.association)
      yield* b.far.prune
      assert.strictEqual((yield* b.store.inventory({ limit: 5 })).associations.length, 1)
    }), 60_000)
})

/** The breaker has closed again. */
const usable = ({ client }: Replica) =>
  Effect.sleep("50 millis").pipe(
    Effect.andThen(Effect.ignore(client.send("PING"))),
    Effect.repeat({ until: () => client.state() === "closed" }),
    Effect.timeout("10 seconds")
  )
