import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ResolveError } from "../../../src/association/ResolveError.ts"
import { makeMemoryStore } from "../../../src/cache/store/MemoryStore.ts"
import { makeTieredStore } from "../../../src/cache/store/TieredStore.ts"
import { associationOf, keyOf } from "./storeSuite.ts"
import { association, fetchedAt, key, makeFleet, negative } from "./tieredFleet.ts"

describe("after a reconnection of the channel each near entry is revalidated once, when a question needs it", () => {
  type Fleet = Effect.Success<ReturnType<typeof makeFleet>>
  interface Row {
    readonly name: string
    /** Runs between the loss of the channel and its reconnection. */
    readonly meanwhile: (fleet: Fleet) => Effect.Effect<unknown>
    /** When the association that serves was fetched, and the store that it came from. */
    readonly found: readonly [fetchedAt: number | undefined, tier: "memory" | "redis"]
  }
  const wipe = ({ far, state }: Fleet) =>
    Effect.andThen(far.forget(key), Effect.sync(() => void (state.era = "second")))
  const rows: ReadonlyArray<Row> = [
    { name: "nothing changed", meanwhile: () => Effect.void, found: [1, "redis"] },
    {
      name: "another replaced it",
      meanwhile: ({ far }) => far.putAssociation(key, association(2)),
      found: [2, "redis"]
    },
    { name: "another removed it", meanwhile: ({ far }) => far.forget(key), found: [undefined, "redis"] },
    { name: "the far store lost everything", meanwhile: wipe, found: [1, "memory"] },
    {
      name: "the far store lost everything, and a purge was made again",
      meanwhile: (fleet) => Effect.andThen(wipe(fleet), Effect.sync(() => fleet.state.removed.add(key.text))),
      found: [undefined, "redis"]
    },
    {
      name: "the far store lost everything, and another found it withdrawn",
      meanwhile: (fleet) =>
        Effect.andThen(
          wipe(fleet),
          fleet.far.putNegative(key, { ...negative, error: new ResolveError({ code: "NotPublished", hops: [] }) })
        ),
      found: [undefined, "redis"]
    },
    {
      name: "the far store lost everything, and another could not ask the origin",
      meanwhile: (fleet) => Effect.andThen(wipe(fleet), fleet.far.putNegative(key, negative)),
      found: [1, "memory"]
    },
    {
      name: "the far store lost everything, and another learnt it anew",
      meanwhile: (fleet) => Effect.andThen(wipe(fleet), fleet.far.putAssociation(key, association(2))),
      found: [2, "redis"]
    }
  ]
  for (const { found, meanwhile, name } of rows) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const fleet = yield* makeFleet(1)
        const { listeners: [listener], replicas: [a], state } = fleet
        yield* a!.putAssociation(key, association(1))
        listener!.lost()
        assert.isUndefined(a!.recall(key, { wallMs: 0, monotonicMs: 0 }), "distrusted while nothing is heard")
        yield* meanwhile(fleet)
        assert.isUndefined(a!.recall(key, { wallMs: 0, monotonicMs: 0 }))
        listener!.back()
        assert.isUndefined(a!.recall(key, { wallMs: 0, monotonicMs: 0 }), "distrusted until it was checked")
        assert.deepStrictEqual(yield* fetchedAt(a!), [...found])
        const { reads } = state
        if (found[0] === undefined) {
          return assert.isUndefined(a!.recall(key, { wallMs: 0, monotonicMs: 0 })?.association)
        }
        assert.strictEqual(a!.recall(key, { wallMs: 0, monotonicMs: 0 })?.association?.lifetime.fetchedAt, found[0])
        assert.deepStrictEqual(yield* fetchedAt(a!), [found[0], "memory"])
        assert.strictEqual(state.reads, reads, "checked once")
      }))
  }

  // The channel needs the far store, so it comes back after it: the first questions find the loss while the channel is down.
  it.effect("the far store lost everything, which a question finds before the reconnection", () =>
    Effect.gen(function*() {
      const fleet = yield* makeFleet(1)
      const { listeners: [listener], replicas: [a] } = fleet
      const others = Array.from({ length: 5 }, (_, index) => keyOf(`other-${index}`))
      yield* a!.putAssociation(key, association(1))
      for (const other of others) yield* a!.putAssociation(other, associationOf(other, 0, 60_000))
      listener!.lost()
      yield* wipe(fleet)
      for (const other of others) yield* fleet.far.forget(other)
      assert.deepStrictEqual(yield* fetchedAt(a!), [1, "memory"])
      for (const other of others) assert.isDefined((yield* a!.get(other)).association, other.text)
      listener!.back()
      assert.deepStrictEqual(yield* fetchedAt(a!), [1, "memory"])
      for (const other of others) assert.isDefined((yield* a!.get(other)).association, other.text)
    }))

  it.effect("while the far store is away near entries serve, and each question tries to revalidate", () =>
    Effect.gen(function*() {
      const { far, listeners: [listener], replicas: [a], state } = yield* makeFleet(1)
      yield* a!.putAssociation(key, association(1))
      listener!.lost()
      state.away = true
      assert.deepStrictEqual(yield* fetchedAt(a!), [1, "memory"])
      listener!.back()
      assert.deepStrictEqual(yield* fetchedAt(a!), [1, "memory"])
      assert.isUndefined(a!.recall(key, { wallMs: 0, monotonicMs: 0 }))
      state.away = false
      yield* far.putAssociation(key, association(2))
      assert.deepStrictEqual(yield* fetchedAt(a!), [2, "redis"])
    }))

  it.effect("a channel that flaps a hundred times costs one read for each entry in use", () =>
    Effect.gen(function*() {
      const { listeners: [listener], replicas: [a], state } = yield* makeFleet(1)
      const labels = Array.from({ length: 50 }, (_, index) => `n${index}`)
      for (const label of labels) yield* a!.putAssociation(keyOf(label), associationOf(keyOf(label), 0, 60_000))
      for (let flap = 0; flap < 100; flap += 1) {
        listener!.lost()
        listener!.back()
      }
      const { reads } = state
      for (const label of [...labels, ...labels]) assert.isDefined((yield* a!.get(keyOf(label))).association)
      assert.strictEqual(state.reads - reads, labels.length)
    }))

  it.effect("an entry of the outage that never reached the far store is kept, unless it was purged there", () =>
    Effect.gen(function*() {
      for (const isRemoved of [false, true]) {
        const { far, listeners: [listener], replicas: [a], state } = yield* makeFleet(1)
        listener!.lost()
        state.owed.add(key.text)
        yield* a!.putAssociation(key, association(1))
        yield* far.forget(key) // it refused the write
        state.owed.clear()
        if (isRemoved) state.removed.add(key.text)
        listener!.back()
        assert.deepStrictEqual(yield* fetchedAt(a!), isRemoved ? [undefined, "redis"] : [1, "memory"])
      }
    }))

  it.effect("a purge reports its pending steps", () =>
    Effect.gen(function*() {
      const { replicas: [a] } = yield* makeFleet(1)
      assert.deepStrictEqual(yield* a!.forget(key), { pending: [] })
      const near = yield* makeMemoryStore({ entries: 10, octets: 1e6 })
      const far = yield* makeMemoryStore({ entries: 10, octets: 1e6 })
      const rows = [
        { far: [], isTold: true, pending: [] },
        { far: [], isTold: false, pending: ["announcement"] },
        { far: ["store", "announcement"], isTold: true, pending: ["store", "announcement"] },
        { far: ["store", "announcement"], isTold: false, pending: ["store", "announcement"] }
      ] as const
      for (const row of rows) {
        const store = yield* makeTieredStore(
          near,
          {
            ...far,
            forget: () => Effect.succeed({ pending: row.far }),
            era: Effect.succeed("first"),
            isRemoved: () => Effect.succeed(false),
            isWritePending: () => false
          },
          { announce: () => Effect.succeed(row.isTold), listen: ({ back }) => Effect.sync(back) }
        )
        assert.deepStrictEqual(yield* store.forget(key), { pending: row.pending })
      }
    }))
})
