import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { associationOf, keyOf } from "./storeSuite.ts"
import { association, fetchedAt, key, makeFleet, negative } from "./tieredFleet.ts"

describe("TieredStore", () => {
  it.effect("what one learns, the others read from the far store once, and then from their memory", () =>
    Effect.gen(function*() {
      const { replicas: [a, b], state } = yield* makeFleet(2)
      yield* a!.putAssociation(key, association(1))
      assert.deepStrictEqual(yield* fetchedAt(a!), [1, "memory"])
      assert.deepStrictEqual(yield* fetchedAt(b!), [1, "redis"])
      assert.deepStrictEqual(yield* fetchedAt(b!), [1, "memory"])
      assert.strictEqual(state.reads, 1)
    }))

  it.effect("a replacement and a purge reach the others", () =>
    Effect.gen(function*() {
      const { replicas: [a, b] } = yield* makeFleet(2)
      yield* a!.putAssociation(key, association(1))
      yield* fetchedAt(b!)
      yield* a!.putAssociation(key, association(2))
      assert.deepStrictEqual(yield* fetchedAt(b!), [2, "redis"])
      yield* b!.forget(key)
      assert.deepStrictEqual(yield* fetchedAt(a!), [undefined, "redis"])
    }))

  it.effect("absences are shared and answer alone while they last", () =>
    Effect.gen(function*() {
      const { replicas: [a, b], state } = yield* makeFleet(2)
      yield* a!.putNegative(key, negative)
      assert.strictEqual((yield* b!.get(key)).negative?.error.code, "ConnectTimeout")
      const { reads } = state
      assert.isDefined((yield* b!.get(key)).negative)
      assert.strictEqual(state.reads, reads)
      yield* TestClock.adjust("30 seconds")
      yield* b!.get(key)
      assert.strictEqual(state.reads, reads + 1)
    }))

  it.effect("a lost channel distrusts the memory: the far store is asked first, then and when the channel is back", () =>
    Effect.gen(function*() {
      const { far, listeners, replicas: [a] } = yield* makeFleet(1)
      yield* a!.putAssociation(key, association(1))
      listeners[0]!.lost()
      yield* far.putAssociation(key, association(2)) // by somebody whom we cannot hear
      assert.deepStrictEqual(yield* fetchedAt(a!), [2, "redis"])
      yield* far.forget(key)
      assert.deepStrictEqual(yield* fetchedAt(a!), [undefined, "redis"])
      yield* a!.putAssociation(key, association(3))
      listeners[0]!.back()
      yield* far.forget(key)
      assert.deepStrictEqual(yield* fetchedAt(a!), [undefined, "redis"])
    }))

  it.effect("where the far store is away, memory answers", () =>
    Effect.gen(function*() {
      const { listeners, replicas: [a], state } = yield* makeFleet(1)
      state.away = true
      listeners[0]!.lost()
      yield* a!.putAssociation(key, association(1))
      assert.deepStrictEqual(yield* fetchedAt(a!), [1, "memory"])
    }))

  it.effect("and lists what it has, from any page on, and says that there may be more", () =>
    Effect.gen(function*() {
      const { far, replicas: [a], state } = yield* makeFleet(1)
      for (const label of ["c", "d", "e"]) {
        yield* a!.putAssociation(keyOf(label), associationOf(keyOf(label), 0, 60_000))
      }
      yield* far.putAssociation(keyOf("f"), associationOf(keyOf("f"), 0, 60_000)) // by somebody else
      const { cursor, partial } = yield* a!.inventory({ limit: 2 })
      assert.isUndefined(partial)
      state.away = true
      const page = yield* a!.inventory({ limit: 2, ...(cursor === undefined ? {} : { cursor }) })
      assert.deepStrictEqual(page, { associations: [associationOf(keyOf("e"), 0, 60_000)], partial: true })
    }))

  it.effect("a write that the far store refuses is not near, nor announced", () =>
    Effect.gen(function*() {
      const { replicas: [a, b], state } = yield* makeFleet(2)
      yield* a!.putAssociation(key, association(1))
      yield* fetchedAt(b!)
      state.fence = 2
      assert.isFalse(yield* a!.putAssociation(key, association(2), { fence: 1 }))
      const { reads } = state
      assert.deepStrictEqual(yield* fetchedAt(b!), [1, "memory"])
      assert.deepStrictEqual(yield* fetchedAt(a!), [1, "redis"])
      assert.strictEqual(state.reads, reads + 1)
      assert.isTrue(yield* a!.putAssociation(key, association(3), { fence: 2 }))
      assert.deepStrictEqual(yield* fetchedAt(a!), [3, "memory"])
    }))

  it.effect("a purge that is heard while something is written keeps that from being near", () =>
    Effect.gen(function*() {
      const { far, listeners, replicas: [a], state } = yield* makeFleet(1)
      state.meanwhile = Effect.sync(() => listeners[0]!.changed(key.text))
      yield* a!.putAssociation(key, association(1))
      yield* far.forget(key)
      assert.deepStrictEqual(yield* fetchedAt(a!), [undefined, "redis"])
    }))

  it.effect("a change of another key keeps nothing from being near", () =>
    Effect.gen(function*() {
      const { listeners, replicas: [a], state } = yield* makeFleet(1)
      const others = Effect.sync(() => {
        for (let index = 0; index < 100; index += 1) listeners[0]!.changed(`other-${index}.example:xmpp-server:draft`)
      })
      state.meanwhile = Effect.andThen(others, a!.forget(keyOf("b")))
      yield* a!.putAssociation(key, association(1))
      assert.deepStrictEqual(yield* fetchedAt(a!), [1, "memory"])
    }))

  it.effect("a change that is heard between drops what was kept", () =>
    Effect.gen(function*() {
      const { far, listeners, replicas: [a], state } = yield* makeFleet(1)
      yield* far.putAssociation(key, association(1))
      yield* fetchedAt(a!)
      listeners[0]!.changed(key.text)
      assert.deepStrictEqual(yield* fetchedAt(a!), [1, "redis"])
      assert.strictEqual(state.reads, 2)
    }))
})
