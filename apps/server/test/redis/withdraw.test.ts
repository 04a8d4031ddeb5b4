/**
 * A withdrawal removes the association and stores the negative entry in one script (POSH-CAC-30), whatever Redis refuses
 * and whoever intervenes. Nothing published is what Redis hears most, so the rows count its commands too.
 */
import { assert, describe, it } from "@effect/vitest"
import { makeRedis, type RedisServer } from "@posh/testing"
import { Effect } from "effect"
import { permits, tombstoneMs } from "../../src/redis/scripts.ts"
import { association, hour, keyOf, negative, redisKey } from "./things.ts"
import { calm, connect, connectReplica, disagreement, makeWorld } from "./world.ts"

const key = keyOf("orchard")
const member = "{orchard.example}:xmpp-server:rfc7711"
const nothing = () => undefined

/** Calls that clients made, by command, since the counts were reset; without those within scripts. */
const sent = (redis: RedisServer) =>
  Effect.map(redis.command("SLOWLOG", "GET", "-1"), (reply) =>
    (Array.isArray(reply) ? reply : [])
      .map((entry) => Array.isArray(entry) && Array.isArray(entry[3]) ? entry[3].map(String) : [])
      .filter(([, name = "", ...rest]) => [name, ...rest].some((arg) => arg.includes("orchard")))
      .map(([command = ""]) => command)
      .filter((command) => command === command.toUpperCase())
      .toReversed())

type World = Effect.Success<ReturnType<typeof makeWorld>>

interface Row {
  readonly name: string
  readonly before: (world: World) => Effect.Effect<unknown, unknown>
  readonly commands: ReadonlyArray<string>
  /** Was something removed that other replicas may still hold? */
  readonly tombstone: boolean
}

const rows: ReadonlyArray<Row> = [
  { name: "nothing is stored", before: () => Effect.void, commands: ["EVALSHA"], tombstone: false },
  {
    name: "an earlier withdrawal is stored",
    before: ({ store }) => store.withdraw(key, negative()),
    commands: ["EVALSHA"],
    tombstone: false
  },
  {
    name: "an association is stored",
    before: ({ store }) => store.putAssociation(key, association(key)),
    commands: ["EVALSHA", "ZREM", "GET"],
    tombstone: true
  },
  {
    name: "an association that nobody can decode is stored",
    before: ({ redis }) =>
      Effect.andThen(
        redis.command("SET", redisKey(key), "garbage"),
        redis.command("ZADD", "posh:v1:expiry", String(Date.now() + hour), member)
      ),
    commands: ["EVALSHA", "ZREM", "GET"],
    tombstone: true
  },
  {
    name: "values of other types are under the keys",
    before: ({ redis }) =>
      Effect.andThen(
        redis.command("LPUSH", redisKey(key), "a list"),
        redis.command("LPUSH", redisKey(key, "absence"), "a list")
      ),
    commands: ["EVALSHA", "ZREM", "GET"],
    tombstone: true
  }
]

describe("a withdrawal where", () => {
  for (const { before, commands, name, tombstone } of rows) {
    it.live(name, () =>
      Effect.gen(function*() {
        const world = yield* makeWorld(calm)
        const { redis, store } = world
        yield* store.withdraw(keyOf("other"), negative()) // Redis knows the script from here on, and the index was swept
        yield* before(world)
        yield* redis.command("CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "1000")
        yield* redis.command("SLOWLOG", "RESET")
        assert.isTrue(yield* store.withdraw(key, negative()))
        assert.deepStrictEqual(yield* sent(redis), commands)
        assert.hasAllKeys(yield* store.get(key), ["negative", "asOf", "tier"])
        assert.strictEqual(yield* store.isRemoved(key), tombstone)
        const left = Number(yield* redis.command("PTTL", redisKey(key, "fence")))
        if (tombstone) assert.approximately(left, tombstoneMs, 60_000)
        assert.deepStrictEqual(yield* disagreement(redis), { dangling: [], unindexed: [] })
      }))
  }

  it.live("an index has a member without an association: the next prune finds it", () =>
    Effect.gen(function*() {
      const { redis, store } = yield* makeWorld(calm)
      yield* redis.command("ZADD", "posh:v1:expiry", String(Date.now() + hour), member)
      yield* store.withdraw(key, negative())
      yield* store.prune
      assert.deepStrictEqual(yield* disagreement(redis), { dangling: [], unindexed: [] })
    }))
})

describe("a withdrawal that Redis refuses removes the association all the same, or is pending until it does", () => {
  interface Refusal {
    readonly name: string
    readonly begin: ReadonlyArray<string>
    readonly end: ReadonlyArray<string>
    /** The association is gone from Redis at once. */
    readonly isGone: boolean
    readonly isPending: boolean
  }
  const user = (...rules: ReadonlyArray<string>) => ["ACL", "SETUSER", "default", ...rules]
  const refusals: ReadonlyArray<Refusal> = [
    {
      name: "it is full",
      begin: ["CONFIG", "SET", "maxmemory", "1"],
      end: ["CONFIG", "SET", "maxmemory", "0"],
      isGone: true,
      isPending: false
    },
    { name: "SET is forbidden", begin: user("-set"), end: user("+@all"), isGone: true, isPending: false },
    // Overwritten, or deleted without a script: both leave no fence.
    { name: "DEL is forbidden", begin: user("-del"), end: user("+@all"), isGone: true, isPending: true },
    {
      name: "scripts are forbidden",
      begin: user("-evalsha", "-eval"),
      end: user("+@all"),
      isGone: true,
      isPending: true
    },
    {
      name: "it is read-only",
      begin: ["REPLICAOF", "127.0.0.1", "1"],
      end: ["REPLICAOF", "NO", "ONE"],
      isGone: false,
      isPending: true
    },
    { name: "everything is forbidden", begin: user("-@all"), end: user("+@all"), isGone: false, isPending: true }
  ]
  for (const { begin, end, isGone, isPending, name } of refusals) {
    it.live(name, () =>
      Effect.gen(function*() {
        const { client, redis, store } = yield* makeWorld(calm)
        yield* store.putAssociation(key, association(key))
        yield* redis.command(...begin)
        assert.isTrue(yield* store.withdraw(key, negative()))
        assert.isAbove(client.refusals.current().size, 0) // readiness and the log name it
        yield* Effect.sleep(20) // an overwritten value lasts a millisecond
        assert.strictEqual(store.isWritePending(key), isPending)
        assert.strictEqual(yield* redis.command("EXISTS", redisKey(key)), isGone ? 0 : 1)
        // Else a Redis that is full would grow by what attackers ask about.
        assert.strictEqual(yield* redis.command("EXISTS", redisKey(key, "absence")), 0)
        assert.isUndefined((yield* store.get(key)).association)

        yield* redis.command(...end)
        yield* Effect.sleep(400) // the breaker
        yield* store.replay(nothing)
        assert.isFalse(store.isWritePending(key))
        assert.strictEqual(yield* redis.command("EXISTS", redisKey(key)), 0)
        assert.isTrue(yield* store.withdraw(key, negative()))
        assert.hasAllKeys(yield* store.get(key), ["negative", "asOf", "tier"])
        assert.deepStrictEqual(yield* disagreement(redis), { dangling: [], unindexed: [] })
      }))
  }

  it.live("it knows the script no longer", () =>
    Effect.gen(function*() {
      const { redis, store } = yield* makeWorld(calm)
      yield* store.withdraw(key, negative())
      yield* store.putAssociation(key, association(key))
      yield* redis.command("SCRIPT", "FLUSH")
      assert.isTrue(yield* store.withdraw(key, negative()))
      assert.hasAllKeys(yield* store.get(key), ["negative", "asOf", "tier"])
    }))
})

describe("a withdrawal, and what intervenes", () => {
  it.live("a purge, before the script arrives: nothing of the withdrawal is stored", () =>
    Effect.gen(function*() {
      const { redis, store: other } = yield* makeWorld(calm)
      yield* redis.command("SET", redisKey(key, "fence"), "7", "PX", "60000")
      const before = { command: "EVALSHA", run: other.forget(key) }
      const { store } = yield* connect(redis.url, { ...calm, before })
      assert.isFalse(yield* store.withdraw(key, negative(), { fence: 7 }))
      assert.hasAllKeys(yield* other.get(key), ["asOf", "tier"])
    }))

  const stale: ReadonlyArray<readonly [name: string, fence: number, now: string | undefined, isWritten: boolean]> = [
    ["the permit is the latest", 7, "7", true],
    ["a later permit was issued", 6, "7", false],
    ["Redis lost the permit", 7, undefined, false],
    ["it began while Redis was away, and nobody took a permit", permits.withoutLease, undefined, true],
    ["it began while Redis was away, and another leads", permits.withoutLease, `${Date.now()}000`, false]
  ]
  it.live.each(stale)("%s", ([, fence, now, isWritten]) =>
    Effect.gen(function*() {
      const { redis, store } = yield* makeWorld(calm)
      yield* store.putAssociation(key, association(key))
      if (now !== undefined) yield* redis.command("SET", redisKey(key, "fence"), now, "PX", "60000")
      assert.strictEqual(yield* store.withdraw(key, negative(), { fence }), isWritten)
      assert.hasAllKeys(yield* store.get(key), [isWritten ? "negative" : "association", "asOf", "tier"])
      // The token outlives the withdrawal, so a later write of the same lead is still told from a stale one.
      if (now !== undefined) assert.strictEqual(yield* redis.command("GET", redisKey(key, "fence")), now)
    }))

  it.live("another replica with the association in memory drops it, and reads the absence", () =>
    Effect.gen(function*() {
      const redis = yield* makeRedis()
      const a = yield* connectReplica(redis.url)
      const b = yield* connectReplica(redis.url)
      // Not in Redis any more, such as by an eviction or by the stricter settings of who wrote it.
      yield* b.store.putAssociation(key, association(key))
      yield* redis.command("DEL", redisKey(key))
      assert.strictEqual((yield* b.store.get(key)).tier, "memory")
      assert.isTrue(yield* a.store.withdraw(key, negative()))
      const entry = yield* Effect.repeat(Effect.delay(b.store.get(key), 2), { until: (found) => !found.association })
      assert.strictEqual(entry.negative?.error.code, "NotPublished")
    }))
})
