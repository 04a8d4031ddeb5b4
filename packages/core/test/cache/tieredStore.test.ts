import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { Association } from "../../src/Association.ts"
import { type AssociationStore, makeKey, type StoreKey } from "../../src/cache/AssociationStore.ts"
import { makeMemoryStore } from "../../src/cache/MemoryStore.ts"
import { type Changes, type FarStore, makeTieredStore } from "../../src/cache/TieredStore.ts"
import type { Domain } from "../../src/Domain.ts"
import { ResolveError } from "../../src/errors.ts"
import type { ServiceKey } from "../../src/Service.ts"
import { associationOf, keyOf } from "./storeSuite.ts"

const key = makeKey("a.example" as Domain, "xmpp-server" as ServiceKey, "rfc7711")
const association = (fetchedAt: number): Association => ({
  domain: key.domain,
  service: key.service,
  generation: "rfc7711",
  material: { _tag: "Fingerprints", descriptors: [{ index: 0, hashes: { "sha-256": new Uint8Array(32) } }] },
  lints: [],
  hops: [],
  delegation: "possession",
  delegatedDomain: key.domain,
  lifetime: { fetchedAt, revalidateAt: 60_000, graceUntil: 60_000, expiresAt: 60_000 }
})
const absence = {
  error: new ResolveError({ code: "ConnectTimeout", hops: [] }),
  learnedAt: 0,
  until: 30_000,
  failures: 1,
  nothingPublished: false
}

type Listener = Parameters<Changes["listen"]>[0]

/** A fleet of processes over one far store, which can be away, and a channel, which can be cut. */
const makeFleet = Effect.fnUntraced(function*(count: number) {
  const far = yield* makeMemoryStore({ entries: 100, octets: 1e6 })
  const state = {
    away: false,
    reads: 0,
    fence: 0,
    meanwhile: Effect.void as Effect.Effect<unknown>,
    era: "first",
    removed: new Set<string>(),
    owed: new Set<string>()
  }
  const unlessAway = <A>(value: () => A) => Effect.sync(() => state.away ? undefined : value())
  const farStore: FarStore = {
    ...far,
    era: unlessAway(() => state.era),
    isRemoved: ({ text }) => unlessAway(() => state.removed.has(text)),
    isOwed: ({ text }) => state.owed.has(text),
    get: (wanted) =>
      Effect.suspend(() => {
        state.reads += 1
        return Effect.map(far.get(wanted), (found) =>
          state.away ? { tier: "redis" as const, asOf: found.asOf, away: true } : { ...found, tier: "redis" as const })
      }),
    inventory: (query) => state.away ? Effect.succeed({ associations: [], partial: true }) : far.inventory(query),
    putAssociation: (wanted, found, permit) =>
      Effect.flatMap(state.meanwhile, () =>
        permit !== undefined && permit.fence < state.fence
          ? Effect.succeed(false)
          : far.putAssociation(wanted, found))
  }
  const listeners: Array<Listener> = []
  const replicas = yield* Effect.forEach(
    Array.from({ length: count }, (_, index) => index),
    (self) =>
      Effect.flatMap(makeMemoryStore({ entries: 100, octets: 1e6 }), (near) =>
        makeTieredStore(near, farStore, {
          announce: ({ text }: StoreKey) =>
            Effect.sync(() => {
              listeners.forEach((listener, index) => index === self ? undefined : listener.changed(text))
              return true
            }),
          listen: (listener) =>
            Effect.sync(() => {
              listeners[self] = listener
              listener.back()
            })
        }))
  )
  return { far, listeners, replicas, state }
})

const fetchedAt = (store: AssociationStore["Service"]) =>
  Effect.map(store.get(key), ({ association: found, tier }) => [found?.lifetime.fetchedAt, tier])

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
      yield* a!.putAbsence(key, absence)
      assert.strictEqual((yield* b!.get(key)).absence?.error.code, "ConnectTimeout")
      const { reads } = state
      assert.isDefined((yield* b!.get(key)).absence)
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

describe("what memory holds when the channel is back is asked for, once, when a question comes", () => {
  type Fleet = Effect.Success<ReturnType<typeof makeFleet>>
  interface Row {
    readonly name: string
    /** Between the loss of the channel and its return. */
    readonly meanwhile: (fleet: Fleet) => Effect.Effect<unknown>
    /** When the remembered association was fetched, and which store says so. */
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
          fleet.far.putAbsence(key, { ...absence, error: new ResolveError({ code: "NotPublished", hops: [] }) })
        ),
      found: [undefined, "redis"]
    },
    {
      name: "the far store lost everything, and another could not ask the origin",
      meanwhile: (fleet) => Effect.andThen(wipe(fleet), fleet.far.putAbsence(key, absence)),
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
        assert.isUndefined(a!.getNow(key), "distrusted while nothing is heard")
        yield* meanwhile(fleet)
        assert.isUndefined(a!.getNow(key))
        listener!.back()
        assert.isUndefined(a!.getNow(key), "distrusted until it was checked")
        assert.deepStrictEqual(yield* fetchedAt(a!), [...found])
        const { reads } = state
        if (found[0] === undefined) return assert.isUndefined(a!.getNow(key)?.association)
        assert.strictEqual(a!.getNow(key)?.association?.lifetime.fetchedAt, found[0])
        assert.deepStrictEqual(yield* fetchedAt(a!), [found[0], "memory"])
        assert.strictEqual(state.reads, reads, "checked once")
      }))
  }

  it.effect("as long as the far store cannot be asked, memory answers, and is asked for again each time", () =>
    Effect.gen(function*() {
      const { far, listeners: [listener], replicas: [a], state } = yield* makeFleet(1)
      yield* a!.putAssociation(key, association(1))
      listener!.lost()
      state.away = true
      assert.deepStrictEqual(yield* fetchedAt(a!), [1, "memory"])
      listener!.back()
      assert.deepStrictEqual(yield* fetchedAt(a!), [1, "memory"])
      assert.isUndefined(a!.getNow(key))
      state.away = false
      yield* far.putAssociation(key, association(2))
      assert.deepStrictEqual(yield* fetchedAt(a!), [2, "redis"])
    }))

  it.effect("a channel that flaps a hundred times costs one look for each entry that is asked for", () =>
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

  it.effect("what was learnt in the outage and never got to the far store stays, unless it was purged there", () =>
    Effect.gen(function*() {
      for (const isRemoved of [false, true]) {
        const { far, listeners: [listener], replicas: [a], state } = yield* makeFleet(1)
        listener!.lost()
        state.owed.add(key.text)
        yield* a!.putAssociation(key, association(1))
        yield* far.forget(key) // it did not take it
        state.owed.clear()
        if (isRemoved) state.removed.add(key.text)
        listener!.back()
        assert.deepStrictEqual(yield* fetchedAt(a!), isRemoved ? [undefined, "redis"] : [1, "memory"])
      }
    }))

  it.effect("a purge says what is pending", () =>
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
            isOwed: () => false
          },
          { announce: () => Effect.succeed(row.isTold), listen: ({ back }) => Effect.sync(back) }
        )
        assert.deepStrictEqual(yield* store.forget(key), { pending: row.pending })
      }
    }))
})
