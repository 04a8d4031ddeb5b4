/** The simulated Redis passes the suite of stores, as the real one does, and fences late writes. */
import { assert, describe, it } from "@effect/vitest"
import { AssociationStore } from "@posh/core/cache"
import { Clock, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { associationOf, keyOf, negativeAt, storeSuite } from "../../../../packages/core/test/cache/store/storeSuite.ts"
import { makeFar } from "../../src/simulate/redis/far.ts"
import { makeSimulatedRedis } from "../../src/simulate/redis/SimulatedRedis.ts"
import type { Timers } from "../../src/simulate/time/VirtualTime.ts"

/** The time of the test; no command takes any. */
const timers: Effect.Effect<Timers> = Effect.map(Clock.Clock, (clock) => ({
  now: () => clock.currentTimeMillisUnsafe(),
  at: (_instant, run) => {
    run()
    return { cancelled: false }
  }
}))

const store = Effect.map(timers, (time) => makeFar(makeSimulatedRedis(time, 0), time))

storeSuite("simulated Redis", Layer.effect(AssociationStore, store), { live: false })

const minute = 60_000
const key = keyOf("a")

const world = Effect.gen(function*() {
  yield* TestClock.setTime(Date.parse("2026-07-01T00:00:00Z"))
  const time = yield* timers
  const redis = makeSimulatedRedis(time, 0)
  return { redis, far: makeFar(redis, time), other: makeFar(redis, time), now: time.now() }
})

describe("the simulated Redis", () => {
  it.effect("refuses a write whose token is not the last, or that it has lost", () =>
    Effect.gen(function*() {
      const { far, now, redis } = yield* world
      const first = redis.acquire(key) ?? 0
      assert.isUndefined(redis.acquire(key), "the lease is held")
      yield* TestClock.adjust(2_000)
      const second = redis.acquire(key) ?? 0
      assert.isAbove(second, first)
      const write = (fence: number) => far.putAssociation(key, associationOf(key, now, minute), { fence })
      assert.strictEqual(yield* write(first), false)
      assert.strictEqual(yield* write(0), false, "without a lease, while another replica has one")
      assert.strictEqual(yield* write(second), true)
      yield* TestClock.adjust(61_000)
      assert.strictEqual(yield* write(second), false, "the fence has ended")
      assert.strictEqual(yield* write(0), true)
    }))

  it.effect("lets a purge refuse what is under way, and remembers the removal", () =>
    Effect.gen(function*() {
      const { far, now, redis } = yield* world
      const fence = redis.acquire(key) ?? 0
      yield* far.forget(key)
      assert.strictEqual(yield* far.putAssociation(key, associationOf(key, now, minute), { fence }), false)
      assert.strictEqual(yield* far.isRemoved(key), true)
      assert.strictEqual(yield* far.isRemoved(keyOf("b")), false)
    }))

  it.effect("is away while it is down; what could not be written is written later, or removed", () =>
    Effect.gen(function*() {
      const { far, now, other, redis } = yield* world
      yield* other.putAssociation(key, associationOf(key, now - 5_000, minute))
      redis.fail()
      assert.strictEqual((yield* far.get(key)).away, true)
      assert.isUndefined(yield* far.era)
      const fetched = associationOf(key, now, minute)
      assert.strictEqual(yield* far.putAssociation(key, fetched), true)
      assert.strictEqual(far.isWritePending(key), true)
      assert.deepStrictEqual(far.replay(() => fetched), [])
      redis.recover(false)
      assert.deepStrictEqual((yield* far.get(key)).association, undefined, "the older entry is stale")
      yield* far.putNegative(keyOf("b"), negativeAt(now))
      redis.fail()
      yield* far.putAssociation(key, fetched)
      redis.recover(true)
      assert.deepStrictEqual(far.replay(() => fetched), [key])
      assert.deepStrictEqual((yield* other.get(key)).association, fetched)
      assert.isUndefined((yield* other.get(keyOf("b"))).negative, "lost")
    }))
})
