import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeMemoryStore } from "../../../src/cache/store/MemoryStore.ts"
import { type Changes, type FarStore, makeTieredStore } from "../../../src/cache/store/TieredStore.ts"
import { stampOf } from "../../../src/question/Stamp.ts"
import { keyOf } from "./storeSuite.ts"
import { association, key, negative } from "./tieredFleet.ts"

const stamp = Effect.clockWith((clock) => Effect.succeed(stampOf(clock)))

type Entry = Parameters<Parameters<NonNullable<FarStore["read"]>>[2]>[0]

/** A store over a far one whose reads the test answers. */
const makeWorld = Effect.gen(function*() {
  const near = yield* makeMemoryStore({ entries: 100, octets: 1e6 })
  const memory = yield* makeMemoryStore({ entries: 100, octets: 1e6 })
  const answers: Array<(entry: Entry) => void> = []
  const gets = { count: 0 }
  const listeners: Array<Parameters<Changes["listen"]>[0]> = []
  const far: FarStore = {
    ...memory,
    get: (wanted) => {
      gets.count += 1
      return Effect.map(memory.get(wanted), (entry) => ({ ...entry, tier: "redis" as const }))
    },
    era: Effect.succeed("first"),
    isRemoved: () => Effect.succeed(false),
    isWritePending: () => false,
    read: (_key, ms, then) => {
      if (ms < 100) return false
      answers.push(then)
      return true
    }
  }
  const store = yield* makeTieredStore(near, far, {
    announce: () => Effect.succeed(true),
    listen: (listener) =>
      Effect.sync(() => {
        listeners.push(listener)
        listener.back()
      })
  })
  return { answers, far, gets, listener: listeners[0]!, memory, near, store }
})

const farEntry = { tier: "redis", asOf: 5, association: association(1) } as const

describe("an entry that is read ahead of its fiber", () => {
  it.effect("is known to recall and get while it is handed on, and kept in memory", () =>
    Effect.gen(function*() {
      const { answers, gets, store } = yield* makeWorld
      const now = yield* stamp
      const seen: Array<unknown> = []
      assert.isTrue(
        store.readAhead?.(key, 100, () => {
          seen.push(store.recall(key, now), Effect.runSync(store.get(key)), store.recall(keyOf("other"), now))
        })
      )
      assert.deepStrictEqual(seen, [], "not before it is there")
      answers[0]?.(farEntry)
      assert.deepStrictEqual(seen, [farEntry, farEntry, undefined])
      assert.strictEqual(gets.count, 0)
      assert.strictEqual(store.recall(key, now)?.tier, "memory")
    }))

  it.effect("is forgotten after a defect in whom it is handed to", () =>
    Effect.gen(function*() {
      const { answers, near, store } = yield* makeWorld
      store.readAhead?.(key, 100, () => {
        throw new Error("a defect")
      })
      assert.throws(() => answers[0]?.(farEntry))
      near.drop(key.text)
      assert.isUndefined(store.recall(key, yield* stamp))
    }))

  it.effect("where nothing is stored, the fiber that follows does not read again", () =>
    Effect.gen(function*() {
      const { answers, gets, store } = yield* makeWorld
      const found: Array<unknown> = []
      store.readAhead?.(key, 100, () => found.push(Effect.runSync(store.get(key))))
      answers[0]?.({ tier: "redis", asOf: 5 })
      assert.deepStrictEqual(found, [{ tier: "redis", asOf: 5 }])
      assert.strictEqual(gets.count, 0)
      yield* store.get(key)
      assert.strictEqual(gets.count, 1)
    }))

  it.effect("a read that failed: the fiber reads", () =>
    Effect.gen(function*() {
      const { answers, gets, store } = yield* makeWorld
      const found: Array<unknown> = []
      const now = yield* stamp
      store.readAhead?.(key, 100, () => found.push(store.recall(key, now), Effect.runSync(store.get(key)).tier))
      answers[0]?.(undefined)
      assert.deepStrictEqual(found, [undefined, "redis"])
      assert.strictEqual(gets.count, 1)
    }))

  it.effect("a change during the read, such as a purge: it answers, and is not kept", () =>
    Effect.gen(function*() {
      const { answers, listener, store } = yield* makeWorld
      const now = yield* stamp
      const seen: Array<unknown> = []
      store.readAhead?.(key, 100, () => seen.push(store.recall(key, now)))
      listener.changed(key.text)
      answers[0]?.(farEntry)
      assert.deepStrictEqual(seen, [farEntry])
      assert.isUndefined(store.recall(key, now))
    }))

  it.effect("memory got a newer one during the read: that one stays", () =>
    Effect.gen(function*() {
      const { answers, store } = yield* makeWorld
      store.readAhead?.(key, 100, () => undefined)
      yield* store.putAssociation(key, association(2))
      answers[0]?.(farEntry)
      assert.strictEqual(store.recall(key, yield* stamp)?.association?.lifetime.fetchedAt, 2)
    }))

  const refused: ReadonlyArray<readonly [string, number, "association" | "negative" | undefined]> = [
    ["memory has an association, which has a say", 100, "association"],
    ["memory has a negative entry, which has a say", 100, "negative"],
    ["the shared store is not sure to answer in time", 99, undefined]
  ]
  it.effect.each(refused)("not where %s", ([, ms, has]) =>
    Effect.gen(function*() {
      const { answers, near, store } = yield* makeWorld
      if (has === "association") yield* near.putAssociation(key, association(1))
      if (has === "negative") yield* near.putNegative(key, negative)
      assert.isFalse(store.readAhead?.(key, ms, () => assert.fail("not to be called")))
      assert.strictEqual(answers.length, 0)
    }))
})
