/** The prune of the index finds every member without an association, by few commands where there are few. */
import { assert, describe, it } from "@effect/vitest"
import { makeRedisCluster, type RedisServer } from "@posh/testing"
import { Effect } from "effect"
import { association, hour, keyOf, negative, redisKey } from "./things.ts"
import { calm, connect, disagreement, makeWorld } from "./world.ts"

const soon = String(Date.now() + hour)
const labels = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`)
const memberOf = (label: string) => `{${label}.example}:xmpp-server:rfc7711`

/** Members with this score, of which some have an association; it is never decoded here. */
const fill = (redis: RedisServer, count: number, isDangling: (index: number) => boolean, score = soon) =>
  Effect.gen(function*() {
    yield* redis.command("ZADD", "posh:v1:expiry", ...labels(count).flatMap((label) => [score, memberOf(label)]))
    const kept = labels(count).filter((_, index) => !isDangling(index))
    if (kept.length === 0) return
    yield* redis.command("MSET", ...kept.flatMap((label) => [redisKey(keyOf(label)), "stored"]))
  })

const callsOf = (redis: RedisServer, command: string) =>
  Effect.map(
    redis.command("INFO", "commandstats"),
    (stats) => Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(String(stats))?.[1] ?? 0)
  )

interface Row {
  readonly name: string
  readonly members: number
  readonly isDangling: (index: number) => boolean
  readonly score?: string
  readonly mostChecks: number
  readonly drops: number
}

const rows: ReadonlyArray<Row> = [
  { name: "none", members: 0, isDangling: () => false, mostChecks: 0, drops: 0 },
  { name: "a hundred, none of them dangling", members: 100, isDangling: () => false, mostChecks: 1, drops: 0 },
  { name: "a hundred, one of them dangling", members: 100, isDangling: (at) => at === 37, mostChecks: 15, drops: 1 },
  { name: "a hundred that dangle", members: 100, isDangling: () => true, mostChecks: 1, drops: 100 },
  {
    name: "a hundred, each second dangling",
    members: 100,
    isDangling: (at) => at % 2 === 0,
    mostChecks: 200,
    drops: 50
  },
  { name: "one that dangles", members: 1, isDangling: () => true, mostChecks: 1, drops: 1 },
  {
    name: "a hundred that have expired: the sweep removes such",
    members: 100,
    isDangling: () => true,
    score: String(Date.now() - 1_000),
    mostChecks: 0,
    drops: 0
  }
]

describe("the prune of an index with", () => {
  for (const { drops, isDangling, members, mostChecks, name, score } of rows) {
    it.live(`${name} members`, () =>
      Effect.gen(function*() {
        const { redis, store } = yield* makeWorld(calm)
        if (members > 0) yield* fill(redis, members, isDangling, score)
        yield* redis.command("CONFIG", "SET", "zset-max-listpack-entries", "0")
        yield* redis.command("CONFIG", "RESETSTAT")
        yield* store.prune
        assert.isAtMost(yield* callsOf(redis, "exists"), mostChecks)
        assert.strictEqual(yield* callsOf(redis, "zrem"), drops)
        if (score === undefined) assert.deepStrictEqual(yield* disagreement(redis), { dangling: [], unindexed: [] })
      }))
  }

  it.live("more members than one command asks for", () =>
    Effect.gen(function*() {
      const { redis, store } = yield* makeWorld(calm)
      yield* redis.command("CONFIG", "SET", "zset-max-listpack-entries", "0")
      yield* fill(redis, 1_000, (index) => index === 0 || index === 999)
      yield* Effect.repeat(store.prune, { times: 20 })
      assert.deepStrictEqual(yield* disagreement(redis), { dangling: [], unindexed: [] })
    }))

  it.live("an association that is written while its member is dropped keeps its member", () =>
    Effect.gen(function*() {
      const { redis, store: other } = yield* makeWorld(calm)
      yield* fill(redis, 3, () => true)
      const before = { command: "ZREM", run: other.putAssociation(keyOf("n1"), association(keyOf("n1"))) }
      const { store } = yield* connect(redis.url, { ...calm, before })
      yield* store.prune
      assert.isDefined((yield* other.get(keyOf("n1"))).association)
      assert.deepStrictEqual(yield* disagreement(redis), { dangling: [], unindexed: [] })
    }))

  it.live(
    "a cluster, whose members lie in many slots: each is asked for alone, and nothing counts as refused",
    () =>
      Effect.gen(function*() {
        const { masterOf, urls } = yield* makeRedisCluster()
        const { client, faults, store } = yield* connect(urls.join(","), { ...calm, mode: "cluster" })
        const index = yield* masterOf("posh:v1:expiry")
        for (const label of labels(10)) yield* store.putAssociation(keyOf(label), association(keyOf(label)))
        yield* index.command("ZADD", "posh:v1:expiry", ...["x", "y"].flatMap((label) => [soon, memberOf(label)]))
        for (let round = 0; round < 2; round += 1) yield* store.prune
        const members = yield* index.command("ZRANGE", "posh:v1:expiry", "0", "-1")
        assert.deepStrictEqual([members].flat().map(String).sort(), labels(10).map(memberOf).sort())
        assert.strictEqual(client.refusals.current().size, 0)
        assert.deepStrictEqual(Object.values(faults.counts).filter((count) => count > 0), [])
        yield* store.withdraw(keyOf("n0"), negative())
        assert.strictEqual(yield* index.command("ZSCORE", "posh:v1:expiry", memberOf("n0")), null)
      }),
    120_000
  )
})
