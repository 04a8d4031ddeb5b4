/**
 * An attacker fills Redis, configured as in `docker/compose.yaml`. Leases and fences are not evicted, entries in use
 * are not evicted, and the index stays in proportion to the associations.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Lead } from "@posh/core/cache"
import { makeRedis } from "@posh/testing"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { association, hour, keyOf, redisKey } from "./things.ts"
import { connectReplica, disagreement } from "./world.ts"

const compose = readFileSync(join(import.meta.dirname, "../../../../docker/compose.yaml"), "utf8")
/** The eviction policy of Redis. */
const settings = [...compose.matchAll(/^ +(maxmemory-policy|maxmemory-samples|lfu-\S+) (\S+)$/gm)]
  .map(([, name = "", value = ""]) => [name, value] as const)

const makeFull = Effect.gen(function*() {
  const redis = yield* makeRedis({ maxmemory: "16mb" })
  for (const [name, value] of settings) yield* redis.command("CONFIG", "SET", name, value)
  return { redis, a: yield* connectReplica(redis.url), b: yield* connectReplica(redis.url) }
})

type Replica = Effect.Success<ReturnType<typeof connectReplica>>

const lead = ({ fleet }: Replica, name: string) =>
  Effect.map(fleet.lead(keyOf(name), () => undefined), (role) => {
    assert.strictEqual(role._tag, "Lead")
    return role as Lead
  })

/** Stores an association as the service does: under leadership. `padding` fingerprints take some 80 octets each. */
const learn = (replica: Replica, name: string, padding = 1) =>
  Effect.gen(function*() {
    const { over, permit } = yield* lead(replica, name)
    const key = keyOf(name)
    yield* replica.store.putAssociation(key, association(key, Date.now() + 24 * hour, padding), permit)
    yield* over
  })

const names = (kind: string, count: number) => Array.from({ length: count }, (_, index) => `${kind}-${index}`)
const count = (replica: Replica, some: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(some, (name) => replica.client.send("EXISTS", redisKey(keyOf(name)))),
    (replies) => replies.filter((reply) => Number(reply) === 1).length
  )

describe("a stranger fills a Redis of 16 MiB", () => {
  const honest = names("honest", 50)
  /** Entries per batch: half of the capacity of Redis. */
  const partOf = (padding: number) => Math.round(100_000 / padding)
  const rows = [
    { name: "with 300 entries of 220 KB", hogs: 300, padding: 2_800, reads: 0 },
    { name: "with 2,000 entries of 16 KB", hogs: 2_000, padding: 200, reads: 0 },
    { name: "with 200 entries of 220 KB, each read five times", hogs: 200, padding: 2_800, reads: 5 }
  ]
  for (const { hogs, name, padding, reads } of rows) {
    it.live(name, () =>
      Effect.gen(function*() {
        const { a, b, redis } = yield* makeFull
        for (const one of honest) yield* learn(a, one)
        for (const one of honest) yield* b.store.get(keyOf(one))
        // In batches, so that no leadership exceeds its maximum (13 s) on a busy machine.
        for (let part = 0; part < hogs; part += partOf(padding)) {
          const working = names(`working-${part}`, 20)
          const leads = yield* Effect.forEach(working, (one) => lead(a, one))
          yield* Effect.forEach(names(`hog-${part}`, partOf(padding)), (hog) =>
            Effect.andThen(
              learn(b, hog, padding),
              Effect.forEach(Array.from({ length: reads }), () => b.client.send("GET", redisKey(keyOf(hog))))
            ), { concurrency: 4 })
          // The leaders still hold their leases, and may write.
          for (const [index, one] of working.entries()) {
            for (const kind of ["fence", "flight"] as const) {
              assert.strictEqual(yield* redis.command("EXISTS", redisKey(keyOf(one), kind)), 1, `${kind} of ${one}`)
            }
            const { over, permit } = leads[index]!
            assert.isTrue(yield* a.store.putAssociation(keyOf(one), association(keyOf(one)), permit), one)
            yield* over
          }
        }
        const evicted = /evicted_keys:(\d+)/.exec(String(yield* redis.command("INFO", "stats")))?.[1]
        assert.isAbove(Number(evicted), 0, "Redis was full")
        // Entries that another replica read outlive entries without reads.
        if (reads === 0) assert.isAtLeast(yield* count(a, honest), 45)
        assert.isNotNull(yield* redis.command("GET", "posh:v1:era"))

        // Members of evicted associations are pruned, long before their expiry.
        assert.isAbove((yield* disagreement(redis)).dangling.length, 0)
        yield* a.far.prune.pipe(Effect.repeat({ times: 40 }))
        assert.deepStrictEqual(yield* disagreement(redis), { dangling: [], unindexed: [] })
      }), 120_000)
  }
})
