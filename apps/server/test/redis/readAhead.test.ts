/** What the store over Redis reads without a fiber, and what it leaves to one. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { valueOctets } from "../../src/redis/Values.ts"
import { association, keyOf, negative, redisKey } from "./things.ts"
import { calm, connect, makeWorld } from "./world.ts"

const key = keyOf("orchard")

type World = Effect.Success<ReturnType<typeof makeWorld>>

/** The entry; `fiber` if one has to read. */
const readAhead = ({ store }: World, ms = 10_000) =>
  Effect.callback<unknown>((resume) => {
    const isRead = store.read?.(key, ms, (entry) => resume(Effect.succeed(entry ?? "fiber")))
    if (isRead !== true) resume(Effect.succeed("not read"))
  })

const spoilt = (value: string) => ({ redis }: World) =>
  Effect.andThen(redis.command("SET", redisKey(key), value), Effect.succeed("fiber"))

/** What is in Redis, and what is read: the same as a fiber reads unless it says so. */
const rows: ReadonlyArray<readonly [string, (world: World) => Effect.Effect<unknown, unknown, never>]> = [
  ["nothing", () => Effect.succeed(undefined)],
  ["an association", ({ store }) => Effect.asVoid(store.putAssociation(key, association(key)))],
  ["a negative entry", ({ store }) => Effect.asVoid(store.putNegative(key, negative()))],
  ["garbage", spoilt("garbage")],
  ["an empty value", spoilt("")],
  ["an oversized value", spoilt("a".repeat(valueOctets + 1))],
  [
    "another type",
    ({ redis }) => Effect.andThen(redis.command("LPUSH", redisKey(key), "a"), Effect.succeed(undefined))
  ],
  ["no Redis", ({ redis }) => Effect.andThen(redis.kill(), Effect.succeed("fiber"))]
]

describe("a store over Redis reads ahead", () => {
  it.live.each(rows)("%s", ([, prepare]) =>
    Effect.gen(function*() {
      const world = yield* makeWorld(calm)
      const expected = yield* prepare(world)
      const read = yield* readAhead(world)
      if (expected !== undefined) return assert.strictEqual(read, expected)
      const { asOf: _, ...entry } = yield* world.store.get(key)
      assert.deepInclude(read, entry)
    }))

  it.live("and notes no fault twice: the fiber notes it", () =>
    Effect.gen(function*() {
      const world = yield* makeWorld(calm)
      yield* spoilt("garbage")(world)
      yield* readAhead(world)
      assert.strictEqual(world.faults.counts.undecodable, 0)
      yield* world.store.get(key)
      assert.strictEqual(world.faults.counts.undecodable, 1)
    }))

  it.live("not where its time-out is longer than the question may take", () =>
    Effect.gen(function*() {
      const world = yield* makeWorld(calm)
      assert.strictEqual(yield* readAhead(world, calm.timeoutMs), "not read")
    }))

  it.live("not where a purge of ours has not reached Redis", () =>
    Effect.gen(function*() {
      const world = yield* makeWorld()
      yield* world.store.putAssociation(key, association(key))
      yield* world.redis.pause()
      yield* world.store.forget(key)
      assert.strictEqual(yield* readAhead(world), "not read")
    }))

  it.live("what another secret sealed is left to the fiber", () =>
    Effect.gen(function*() {
      const sealed = yield* makeWorld({ ...calm, secrets: ["a".repeat(32)] })
      yield* sealed.store.putAssociation(key, association(key))
      assert.deepInclude(yield* readAhead(sealed), { tier: "redis" })
      const { store } = yield* connect(sealed.redis.url, { ...calm, secrets: ["b".repeat(32)] })
      assert.strictEqual(yield* readAhead({ ...sealed, store }), "fiber")
    }))
})
