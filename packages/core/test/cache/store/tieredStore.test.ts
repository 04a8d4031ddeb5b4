import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { associationOf, keyOf } from "./storeSuite.ts"
import { association, fetchedAt, key, makeFleet, negative } from "./tieredFleet.ts"
import { toPlain } from "./toPlain.ts"

describe("TieredStore", () => {
  it.effect("an entry of one replica is read by the others from the far store once, and then from memory", () =>
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

  it.effect("negative entries are shared, and serve from memory until they expire", () =>
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

  it.effect("CAC-30: a withdrawal reaches the others, by one message", () =>
    Effect.gen(function*() {
      const { listeners, replicas: [a, b] } = yield* makeFleet(2)
      yield* a!.putAssociation(key, association(1))
      yield* fetchedAt(b!)
      const { changed } = listeners[1]!
      const heard: Array<string> = []
      listeners[1] = { ...listeners[1]!, changed: (keyText) => void (heard.push(keyText), changed(keyText)) }
      assert.isTrue(yield* a!.withdraw(key, negative))
      assert.deepStrictEqual(heard, [key.text])
      for (const [replica, tier] of [[a!, "memory"], [b!, "redis"]] as const) {
        const found = yield* replica.get(key)
        assert.isUndefined(found.association)
        assert.strictEqual(found.negative?.until, negative.until)
        assert.strictEqual(found.tier, tier)
      }
    }))

  it.effect("a withdrawal that the far store refuses drops the near entry, and is not announced", () =>
    Effect.gen(function*() {
      const { replicas: [a, b], state } = yield* makeFleet(2)
      yield* a!.putAssociation(key, association(1))
      yield* fetchedAt(b!)
      state.fence = 2
      assert.isFalse(yield* a!.withdraw(key, negative, { fence: 1 }))
      assert.deepStrictEqual(yield* fetchedAt(b!), [1, "memory"])
      assert.deepStrictEqual(yield* fetchedAt(a!), [1, "redis"])
      assert.isUndefined((yield* a!.get(key)).negative)
    }))

  it.effect("a purge during a withdrawal leaves no negative entry in memory", () =>
    Effect.gen(function*() {
      const { far, listeners, replicas: [a], state } = yield* makeFleet(1)
      yield* a!.putAssociation(key, association(1))
      state.meanwhile = Effect.sync(() => listeners[0]!.changed(key.text))
      yield* a!.withdraw(key, negative)
      yield* far.forget(key)
      const found = yield* a!.get(key)
      assert.deepStrictEqual([found.association, found.negative, found.tier], [undefined, undefined, "redis"])
    }))

  it.effect("after a loss of the channel the far store is read first, before and after the reconnection", () =>
    Effect.gen(function*() {
      const { far, listeners, replicas: [a] } = yield* makeFleet(1)
      yield* a!.putAssociation(key, association(1))
      listeners[0]!.lost()
      yield* far.putAssociation(key, association(2)) // by another replica, without a change message
      assert.deepStrictEqual(yield* fetchedAt(a!), [2, "redis"])
      yield* far.forget(key)
      assert.deepStrictEqual(yield* fetchedAt(a!), [undefined, "redis"])
      yield* a!.putAssociation(key, association(3))
      listeners[0]!.back()
      yield* far.forget(key)
      assert.deepStrictEqual(yield* fetchedAt(a!), [undefined, "redis"])
    }))

  it.effect("while the far store is away near entries serve", () =>
    Effect.gen(function*() {
      const { listeners, replicas: [a], state } = yield* makeFleet(1)
      state.away = true
      listeners[0]!.lost()
      yield* a!.putAssociation(key, association(1))
      assert.deepStrictEqual(yield* fetchedAt(a!), [1, "memory"])
    }))

  it.effect("and the inventory of memory is marked as partial, on every page", () =>
    Effect.gen(function*() {
      const { far, replicas: [a], state } = yield* makeFleet(1)
      for (const label of ["c", "d", "e"]) {
        yield* a!.putAssociation(keyOf(label), associationOf(keyOf(label), 0, 60_000))
      }
      yield* far.putAssociation(keyOf("f"), associationOf(keyOf("f"), 0, 60_000)) // by another replica
      const { cursor, partial } = yield* a!.inventory({ limit: 2 })
      assert.isUndefined(partial)
      state.away = true
      const page = yield* a!.inventory({ limit: 2, ...(cursor === undefined ? {} : { cursor }) })
      assert.deepStrictEqual({ ...page, associations: page.associations.map(toPlain) }, {
        associations: [associationOf(keyOf("e"), 0, 60_000)],
        partial: true
      })
    }))

  it.effect("a write that the far store refuses is neither kept near nor announced", () =>
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

  it.effect("a purge during a write drops the near entry", () =>
    Effect.gen(function*() {
      const { far, listeners, replicas: [a], state } = yield* makeFleet(1)
      state.meanwhile = Effect.sync(() => listeners[0]!.changed(key.text))
      yield* a!.putAssociation(key, association(1))
      yield* far.forget(key)
      assert.deepStrictEqual(yield* fetchedAt(a!), [undefined, "redis"])
    }))

  it.effect("a change of another key during a write drops nothing", () =>
    Effect.gen(function*() {
      const { listeners, replicas: [a], state } = yield* makeFleet(1)
      const others = Effect.sync(() => {
        for (let index = 0; index < 100; index += 1) listeners[0]!.changed(`other-${index}.example:xmpp-server:draft`)
      })
      state.meanwhile = Effect.andThen(others, a!.forget(keyOf("b")))
      yield* a!.putAssociation(key, association(1))
      assert.deepStrictEqual(yield* fetchedAt(a!), [1, "memory"])
    }))

  it.effect("a change message between two reads drops the near entry", () =>
    Effect.gen(function*() {
      const { far, listeners, replicas: [a], state } = yield* makeFleet(1)
      yield* far.putAssociation(key, association(1))
      yield* fetchedAt(a!)
      listeners[0]!.changed(key.text)
      assert.deepStrictEqual(yield* fetchedAt(a!), [1, "redis"])
      assert.strictEqual(state.reads, 2)
    }))
})
