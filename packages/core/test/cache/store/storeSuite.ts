/**
 * The behavioural suite of every implementation of `AssociationStore`. Run {@link storeSuite} over each of them.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { ResolveError } from "../../../src/association/ResolveError.ts"
import { AssociationStore, type Inventory, type InventoryQuery } from "../../../src/cache/store/AssociationStore.ts"
import type { ServiceKey } from "../../../src/question/Service.ts"
import { makeKey } from "../../../src/question/StoreKey.ts"
import { associationOf, draftOf, keyOf, minute, negativeAt, plain } from "./storeThings.ts"
import { toPlain } from "./toPlain.ts"

export { associationOf, keyOf, negativeAt, plain }

export interface StoreSuiteOptions {
  /** The store has its own clock, so the tests wait in real time; else they set the clock. */
  readonly live: boolean
}

/** The layer must give an empty store each time it is built. */
export const storeSuite = <E>(
  name: string,
  layer: Layer.Layer<AssociationStore, E>,
  { live }: StoreSuiteOptions
): void => {
  const test = (title: string, run: (store: AssociationStore["Service"], now: number) => Effect.Effect<void>) => {
    const body = Effect.gen(function*() {
      if (!live) yield* TestClock.setTime(Date.parse("2026-07-01T00:00:00Z"))
      yield* Effect.provide(
        AssociationStore.use((store) => Effect.flatMap(Clock.currentTimeMillis, (now) => run(store, now))),
        Layer.fresh(layer)
      )
    })
    if (live) it.live(title, () => body)
    else it.effect(title, () => body)
  }
  const pass = (milliseconds: number) => live ? Effect.sleep(milliseconds) : TestClock.adjust(milliseconds)

  describe(`${name}: what is put in is there until it ends`, () => {
    test("of an unknown key nothing is known", (store, now) =>
      Effect.gen(function*() {
        const found = yield* store.get(keyOf("a"))
        assert.deepStrictEqual(contents(found), [])
        assert.isAtLeast(found.asOf, now)
      }))

    test("an association is returned as it was stored", (store, now) =>
      Effect.gen(function*() {
        const association = associationOf(keyOf("a"), now, minute)
        yield* store.putAssociation(keyOf("a"), association)
        const found = yield* store.get(keyOf("a"))
        assert.deepStrictEqual(contents(found), ["association"])
        assert.deepStrictEqual(toPlain(found.association), association)
      }))

    test(
      "an association after its grace period is neither returned nor in the inventory, whatever its certificates (CAC-22)",
      (store, now) =>
        Effect.gen(function*() {
          const key = keyOf("a", "draft")
          const learnt = yield* draftOf(key, now, 500)
          yield* store.putAssociation(key, learnt)
          yield* store.putAssociation(keyOf("b"), associationOf(keyOf("b"), now, minute))
          assert.deepStrictEqual(toPlain((yield* store.get(key)).association), learnt)
          // In the order of the certificates' notAfter.
          assert.deepStrictEqual(yield* list(store, { limit: 10 }), ["b", "a"])
          yield* pass(500)
          assert.deepStrictEqual(contents(yield* store.get(key)), [])
          assert.deepStrictEqual(yield* list(store, { limit: 10 }), ["b"])
        })
    )

    test("a negative entry is returned as it was stored", (store, now) =>
      Effect.gen(function*() {
        yield* store.putNegative(keyOf("a"), negativeAt(now))
        const found = yield* store.get(keyOf("a"))
        assert.deepStrictEqual(contents(found), ["negative"])
        assert.deepStrictEqual(plain(found.negative), plain(negativeAt(now)))
        assert.instanceOf(found.negative?.error, ResolveError)
      }))

    test(
      "keys are domain, service and generation, and nothing is seen through another (CAC-03, CAC-36)",
      (store, now) =>
        Effect.gen(function*() {
          const key = keyOf("a")
          const others = [
            keyOf("b"),
            makeKey(key.domain, "xmpp-client" as ServiceKey, key.generation),
            makeKey(key.domain, key.service, "draft")
          ]
          yield* store.putAssociation(key, associationOf(key, now, minute))
          for (const other of others) assert.deepStrictEqual(contents(yield* store.get(other)), [], other.text)
          for (const other of others) yield* store.forget(other)
          for (const other of others) yield* store.putNegative(other, negativeAt(now))
          assert.deepStrictEqual(contents(yield* store.get(key)), ["association"])
        })
    )

    test("the last association replaces others, and deletes a negative entry", (store, now) =>
      Effect.gen(function*() {
        const key = keyOf("a")
        const second = { ...associationOf(key, now, minute), delegation: "redirect" as const }
        yield* store.putAssociation(key, associationOf(key, now, minute))
        yield* store.putNegative(key, negativeAt(now))
        yield* store.putAssociation(key, second)
        const found = yield* store.get(key)
        assert.deepStrictEqual(contents(found), ["association"])
        assert.deepStrictEqual(toPlain(found.association), second)
      }))

    test("the last absence counts", (store, now) =>
      Effect.gen(function*() {
        yield* store.putNegative(keyOf("a"), negativeAt(now))
        yield* store.putNegative(keyOf("a"), { ...negativeAt(now), failures: 2 })
        assert.strictEqual((yield* store.get(keyOf("a"))).negative?.failures, 2)
      }))

    test(
      "a negative entry keeps an association; a withdrawal removes it, and has the negative entry in its place (CAC-30)",
      (store, now) =>
        Effect.gen(function*() {
          const key = keyOf("a")
          yield* store.putAssociation(key, associationOf(key, now, minute))
          yield* store.putNegative(key, negativeAt(now))
          assert.deepStrictEqual(contents(yield* store.get(key)), ["negative", "association"])
          assert.isTrue(yield* store.withdraw(key, { ...negativeAt(now), failures: 2 }))
          const found = yield* store.get(key)
          assert.deepStrictEqual(contents(found), ["negative"])
          assert.strictEqual(found.negative?.failures, 2)
          assert.deepStrictEqual(yield* list(store, { limit: 10 }), [])
        })
    )

    test(
      "a withdrawal of what is not stored, or was withdrawn before, leaves its negative entry alone",
      (store, now) =>
        Effect.gen(function*() {
          yield* store.putAssociation(keyOf("b"), associationOf(keyOf("b"), now, minute))
          for (const failures of [1, 2]) {
            assert.isTrue(yield* store.withdraw(keyOf("a"), { ...negativeAt(now), failures }))
            const found = yield* store.get(keyOf("a"))
            assert.deepStrictEqual(contents(found), ["negative"])
            assert.strictEqual(found.negative?.failures, failures)
          }
          yield* store.putAssociation(keyOf("a"), associationOf(keyOf("a"), now, minute))
          assert.deepStrictEqual(contents(yield* store.get(keyOf("a"))), ["association"])
          assert.deepStrictEqual(yield* list(store, { limit: 10 }), ["a", "b"])
        })
    )

    test("a purge deletes both entries, and succeeds without any", (store, now) =>
      Effect.gen(function*() {
        const key = keyOf("a")
        yield* store.putAssociation(key, associationOf(key, now, minute))
        yield* store.putNegative(key, negativeAt(now))
        yield* store.forget(key)
        yield* store.forget(keyOf("b"))
        assert.deepStrictEqual(contents(yield* store.get(key)), [])
        assert.deepStrictEqual(contents(yield* store.get(keyOf("b"))), [])
        assert.deepStrictEqual(yield* list(store, { limit: 10 }), [])
      }))

    test(
      "an association expires exactly at its expiry, or has expired when it is stored (CAC-20, CAC-33)",
      (store, now) =>
        Effect.gen(function*() {
          yield* store.putAssociation(keyOf("a"), associationOf(keyOf("a"), now, 500))
          yield* store.putAssociation(keyOf("b"), associationOf(keyOf("b"), now, minute))
          yield* store.putAssociation(keyOf("c"), associationOf(keyOf("c"), now - minute, minute))
          assert.deepStrictEqual(contents(yield* store.get(keyOf("c"))), [])
          assert.deepStrictEqual(yield* list(store, { limit: 10 }), ["a", "b"])
          yield* pass(500)
          assert.deepStrictEqual(contents(yield* store.get(keyOf("a"))), [])
          assert.deepStrictEqual(contents(yield* store.get(keyOf("b"))), ["association"])
          assert.deepStrictEqual(yield* list(store, { limit: 10 }), ["b"])
        })
    )
  })

  describe(`${name}: the inventory`, () => {
    const fill = (store: AssociationStore["Service"], now: number, lives: Readonly<Record<string, number>>) =>
      Effect.forEach(
        Object.entries(lives),
        ([label, minutes]) => store.putAssociation(keyOf(label), associationOf(keyOf(label), now, minutes * minute))
      )

    test("of an empty store is empty", (store) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* store.inventory({ limit: 1 }), { associations: [] })
      }))

    test(
      "lists what is remembered, soonest expiry first, then by key; no absences",
      (store, now) =>
        Effect.gen(function*() {
          yield* fill(store, now, { d: 4, b: 2, a: 3, e: 2, c: 2 })
          yield* store.putNegative(keyOf("f"), negativeAt(now))
          yield* store.putNegative(keyOf("d"), negativeAt(now))
          assert.deepStrictEqual(yield* list(store, { limit: 10 }), ["b", "c", "e", "a", "d"])
          const { associations } = yield* store.inventory({ limit: 1 })
          assert.deepStrictEqual(associations.map(toPlain), [associationOf(keyOf("b"), now, 2 * minute)])
        })
    )

    test("holds both generations of a domain", (store, now) =>
      Effect.gen(function*() {
        yield* store.putAssociation(keyOf("a", "draft"), associationOf(keyOf("a", "draft"), now, minute))
        yield* store.putAssociation(keyOf("a"), associationOf(keyOf("a"), now, minute))
        const { associations } = yield* store.inventory({ limit: 10 })
        assert.deepStrictEqual(associations.map(({ generation }) => generation), ["draft", "rfc7711"])
      }))

    test("a replaced association is at the position of its new expiry, once", (store, now) =>
      Effect.gen(function*() {
        yield* fill(store, now, { a: 1, b: 2 })
        yield* fill(store, now, { a: 3 })
        assert.deepStrictEqual(yield* list(store, { limit: 10 }), ["b", "a"])
      }))

    test("expiresBefore leaves out what expires then or later", (store, now) =>
      Effect.gen(function*() {
        yield* fill(store, now, { a: 1, b: 2, c: 3 })
        const before = (minutes: number) => list(store, { limit: 10, expiresBefore: now + minutes * minute })
        assert.deepStrictEqual(yield* before(0.5), [])
        assert.deepStrictEqual(yield* before(2), ["a"])
        assert.deepStrictEqual(yield* list(store, { limit: 10, expiresBefore: now + 2 * minute + 1 }), ["a", "b"])
        assert.deepStrictEqual(yield* before(9), ["a", "b", "c"])
      }))

    test("comes in pages of the limit, with a cursor only where there is more", (store, now) =>
      Effect.gen(function*() {
        yield* fill(store, now, { a: 1, b: 2, c: 2, d: 3 })
        for (const limit of [1, 2, 3, 4, 5]) {
          assert.deepStrictEqual((yield* pages(store, { limit })).flat(), ["a", "b", "c", "d"], `limit ${limit}`)
        }
        assert.deepStrictEqual(yield* pages(store, { limit: 3 }), [["a", "b", "c"], ["d"]])
        assert.deepStrictEqual(yield* pages(store, { limit: 4 }), [["a", "b", "c", "d"]])
        const range = { expiresBefore: now + 2 * minute + 1 }
        assert.deepStrictEqual(yield* pages(store, { limit: 2, ...range }), [["a", "b"], ["c"]])
      }))

    test(
      "goes on in the right place although entries come, go and are renewed meanwhile",
      (store, now) =>
        Effect.gen(function*() {
          yield* fill(store, now, { b: 2, c: 3, d: 4, e: 5, f: 6 })
          const { cursor } = yield* store.inventory({ limit: 2 })
          assert.isDefined(cursor)
          yield* store.forget(keyOf("c")) // the one at the cursor
          yield* fill(store, now, { a: 1, g: 4.5, b: 7 })
          yield* store.withdraw(keyOf("e"), negativeAt(now))
          const rest = yield* list(store, { limit: 10, ...(cursor === undefined ? {} : { cursor }) })
          assert.deepStrictEqual(rest, ["d", "g", "f", "b"]) // b is at the position of its new expiry
        })
    )

    test(
      "250 entries, of which many expire at the same moment, come once each",
      (store, now) =>
        Effect.gen(function*() {
          const labels = Array.from({ length: 250 }, (_, index) => `n${String(index).padStart(3, "0")}`)
          yield* fill(store, now, Object.fromEntries(labels.map((label, index) => [label, 1 + index % 3])))
          const read = yield* pages(store, { limit: 40 })
          assert.deepStrictEqual(read.map(({ length }) => length), [40, 40, 40, 40, 40, 40, 10])
          const order = [0, 1, 2].flatMap((rest) => labels.filter((_, index) => index % 3 === rest))
          assert.deepStrictEqual(read.flat(), order)
        })
    )
  })
}

const contents = (found: object): ReadonlyArray<string> =>
  ["negative", "association"].filter((member) => member in found)

const list = (store: AssociationStore["Service"], query: InventoryQuery) =>
  Effect.map(store.inventory(query), ({ associations }) => associations.map(({ domain }) => domain.split(".")[0] ?? ""))

/** All pages, each as the labels of its domains. */
const pages = Effect.fnUntraced(function*(store: AssociationStore["Service"], query: InventoryQuery) {
  const read: Array<ReadonlyArray<string>> = []
  let next: InventoryQuery | undefined = query
  while (next !== undefined) {
    const { associations, cursor }: Inventory = yield* store.inventory(next)
    read.push(associations.map(({ domain }) => domain.split(".")[0] ?? ""))
    next = cursor === undefined ? undefined : { ...query, cursor }
    assert.isBelow(read.length, 1_000, "the pages do not end")
  }
  return read
})
