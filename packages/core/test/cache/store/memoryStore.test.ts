import { assert, describe, it } from "@effect/vitest"
import { greenhouse } from "@posh/testing"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import type { Association } from "../../../src/association/Association.ts"
import { ResolveError } from "../../../src/association/ResolveError.ts"
import { layerMemory, makeMemoryStore } from "../../../src/cache/store/MemoryStore.ts"
import type { Domain } from "../../../src/question/Domain.ts"
import type { ServiceKey } from "../../../src/question/Service.ts"
import { makeKey } from "../../../src/question/StoreKey.ts"
import { affordable, measured } from "../../hostile/measure.ts"
import { associationOf, storeSuite } from "./storeSuite.ts"

const keyOf = (index: number) => makeKey(`d${index}.example` as Domain, "xmpp-server" as ServiceKey, "rfc7711")
const negative = {
  error: new ResolveError({ code: "NotPublished", hops: [] }),
  learnedAt: 0,
  until: 300_000,
  failures: 1,
  nothingPublished: true
}
const far = Number.MAX_SAFE_INTEGER
const association = (octets: number): Association => ({
  domain: "a.example" as Domain,
  service: "xmpp-server" as ServiceKey,
  generation: "draft",
  material: {
    _tag: "JwkSet",
    entries: [{
      index: 0,
      chain: [new Uint8Array(octets)],
      notBefore: 0,
      notAfter: far,
      sha256: new Uint8Array(32),
      spkiSha256: new Uint8Array(32)
    }]
  },
  lints: [],
  hops: [],
  delegation: "possession",
  delegatedDomain: greenhouse.domain as Domain,
  lifetime: { fetchedAt: 0, revalidateAt: far, graceUntil: far, expiresAt: far }
})

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void
const heapUsed = () => {
  collect()
  return process.memoryUsage().heapUsed
}

describe("the memory cache is bounded (CAC-05)", () => {
  it.effect("in entries, over a million distinct domains", () =>
    Effect.gen(function*() {
      const store = yield* makeMemoryStore({ entries: 10_000, octets: 1e9 })
      for (let index = 0; index < 50_000; index += 1) yield* store.putNegative(keyOf(index), negative)
      const before = heapUsed()
      for (let index = 50_000; index < 1_000_000; index += 1) yield* store.putNegative(keyOf(index), negative)
      assert.isBelow(heapUsed() - before, 20e6)
      assert.isUndefined((yield* store.get(keyOf(989_999))).negative)
      assert.isDefined((yield* store.get(keyOf(990_000))).negative)
      assert.isDefined((yield* store.get(keyOf(999_999))).negative)
    }))

  it.effect("in octets", () =>
    Effect.gen(function*() {
      const store = yield* makeMemoryStore({ entries: 10_000, octets: 1_000_000 })
      for (let index = 0; index < 100; index += 1) yield* store.putAssociation(keyOf(index), association(30_000))
      const kept = yield* Effect.forEach(Array.from({ length: 100 }, (_, index) => index), (index) =>
        Effect.map(store.get(keyOf(index)), (found) => found.association === undefined ? 0 : 1))
      const total = kept.reduce<number>((sum, one) =>
        sum + one, 0)
      assert.isAbove(total, 25)
      assert.isBelow(total, 34)
    }))

  it.effect("evicts the least recently used entry", () =>
    Effect.gen(function*() {
      const store = yield* makeMemoryStore({ entries: 2, octets: 1e9 })
      yield* store.putAssociation(keyOf(0), association(10))
      yield* store.putAssociation(keyOf(1), association(10))
      yield* store.get(keyOf(0))
      yield* store.putAssociation(keyOf(2), association(10))
      assert.isDefined((yield* store.get(keyOf(0))).association)
      assert.isUndefined((yield* store.get(keyOf(1))).association)
    }))

  it.effect("with 0 entries nothing is cached", () =>
    Effect.gen(function*() {
      const store = yield* makeMemoryStore({ entries: 0, octets: 1e9 })
      assert.isTrue(yield* store.putAssociation(keyOf(0), association(10)))
      yield* store.putNegative(keyOf(0), negative)
      assert.deepStrictEqual(yield* store.get(keyOf(0)), { tier: "memory", asOf: 0 })
      assert.deepStrictEqual(yield* store.inventory({ limit: 1 }), { associations: [] })
    }))

  it.effect("negative entries evict no association, and have a separate bound of the same size", () =>
    Effect.gen(function*() {
      const store = yield* makeMemoryStore({ entries: 1_000, octets: 1e9 })
      for (let index = 0; index < 1_000; index += 1) yield* store.putAssociation(keyOf(index), association(10))
      for (let index = 1_000; index < 100_000; index += 1) yield* store.putNegative(keyOf(index), negative)
      for (let index = 0; index < 1_000; index += 1) {
        assert.isDefined((yield* store.get(keyOf(index))).association, `d${index}`)
      }
      assert.isUndefined((yield* store.get(keyOf(98_999))).negative)
      assert.isDefined((yield* store.get(keyOf(99_000))).negative)
    }))

  it.effect("negative entries have an eighth of the octets in addition", () =>
    Effect.gen(function*() {
      const store = yield* makeMemoryStore({ entries: 10_000, octets: 8 * 76_800 })
      for (let index = 0; index < 200; index += 1) yield* store.putNegative(keyOf(index), negative)
      assert.isUndefined((yield* store.get(keyOf(99))).negative)
      assert.isDefined((yield* store.get(keyOf(100))).negative)
    }))

  it.effect("reading the inventory does not count as use", () =>
    Effect.gen(function*() {
      const store = yield* makeMemoryStore({ entries: 2, octets: 1e9 })
      yield* store.putAssociation(keyOf(0), association(10))
      yield* store.putAssociation(keyOf(1), association(10))
      yield* store.inventory({ limit: 1 })
      yield* store.putAssociation(keyOf(2), association(10))
      assert.isUndefined((yield* store.get(keyOf(0))).association)
      assert.isDefined((yield* store.get(keyOf(1))).association)
    }))
})

describe("the inventory of the memory cache", () => {
  it.effect("of 100,000 entries takes less than 100 ms per page", () =>
    Effect.gen(function*() {
      const store = yield* makeMemoryStore({ entries: 100_000, octets: 1e9 })
      // Offered latest expiry first, and in random order: neither may be expensive.
      for (let index = 0; index < 100_000; index += 1) {
        const life = index % 2 === 0 ? index : (index * 7_919) % 100_003
        yield* store.putAssociation(keyOf(index), associationOf(keyOf(index), 0, 1 + life))
      }
      for (const limit of [1, 100, 1_000]) {
        const page = yield* store.inventory({ limit }).pipe(measured, affordable({ processorMs: 100 }))
        assert.lengthOf(page.associations, limit)
      }
    }))

  it.effect("CAC-35: a wall clock that is set back revives no expired entry", () =>
    Effect.gen(function*() {
      const store = yield* makeMemoryStore({ entries: 2, octets: 1e9 })
      yield* TestClock.setTime(1_000_000)
      yield* store.putAssociation(keyOf(0), associationOf(keyOf(0), 1_000_000, 1_000))
      yield* TestClock.adjust(1_000)
      yield* TestClock.setTime(1_000_500)
      assert.deepStrictEqual(yield* store.inventory({ limit: 10 }), { associations: [] })
    }))
})

storeSuite("the memory cache", layerMemory({ entries: 1_000, octets: 1e9 }), { live: false })
