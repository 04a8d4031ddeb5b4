/** `GET /v1/associations` over a real store. */
import { assert, layer } from "@effect/vitest"
import { Inventory, Problem } from "@posh/api"
import { defaultPolicy, Fetcher, Verifier } from "@posh/core"
import { AssociationStore, layerMemory } from "@posh/core/cache"
import { Clock, Effect, Layer, Schema } from "effect"
import { associationOf, keyOf, negativeAt } from "../../../../../packages/core/test/cache/store/storeSuite.ts"
import { Service } from "../../service.ts"

const stores = layerMemory({ entries: 1_000, octets: 1e9 })
const noOrigin = Layer.succeed(Fetcher, Fetcher.of({ get: () => Effect.die("an origin was asked") }))
const verifier = Verifier.layerNoDeps(defaultPolicy).pipe(Layer.provide([stores, noOrigin]))

const decode = Schema.decodeUnknownEffect(Inventory, { onExcessProperty: "error" })
const decodeProblem = Schema.decodeUnknownEffect(Problem)
const hour = 3_600_000

const list = Effect.fnUntraced(function*(query: string) {
  const { ask } = yield* Service
  const response = yield* ask(`/v1/associations${query}`)
  assert.strictEqual(response.status, 200, response.text)
  return yield* Effect.orDie(decode(response.json))
})

const labelsOf = ({ associations }: Inventory) => associations.map(({ domain }) => domain.split(".")[0] ?? "")
const labels = Array.from({ length: 250 }, (_, index) => `n${String(index).padStart(3, "0")}`)

/** Caches each for so many hours from an instant on. */
const remember = Effect.fnUntraced(function*(now: number, lives: Readonly<Record<string, number>>) {
  const store = yield* AssociationStore
  for (const [label, hours] of Object.entries(lives)) {
    yield* store.putAssociation(keyOf(label), associationOf(keyOf(label), now, hours * hour))
  }
})

const forgetAll = Effect.fnUntraced(function*() {
  const store = yield* AssociationStore
  const { associations } = yield* store.inventory({ limit: 1_000 })
  for (const { domain } of associations) yield* store.forget(keyOf(domain.split(".")[0] ?? ""))
})

/** Three expire at each moment. */
const fill = Effect.fnUntraced(function*() {
  yield* forgetAll()
  const now = yield* Clock.currentTimeMillis
  yield* remember(now, Object.fromEntries(labels.map((label, index) => [label, 1 + Math.floor(index / 3)])))
  return now
})

layer(Layer.merge(Service.layer(verifier), stores), { excludeTestServices: true })("GET /v1/associations", (it) => {
  it.effect("of an empty store is empty, without a cursor", () =>
    Effect.gen(function*() {
      yield* forgetAll()
      assert.deepStrictEqual(yield* list(""), { associations: [] })
    }))

  it.effect("lists domain, service, origin and lifetime; no negative entries", () =>
    Effect.gen(function*() {
      yield* forgetAll()
      const store = yield* AssociationStore
      const fetchedAt = Math.floor((yield* Clock.currentTimeMillis) / 1_000) * 1_000
      yield* remember(fetchedAt, { a: 1 })
      yield* store.putNegative(keyOf("b"), negativeAt(fetchedAt))
      const text = (instant: number) => new Date(instant).toISOString().replace(".000", "")
      assert.deepStrictEqual(yield* list(""), {
        associations: [{
          domain: "a.example",
          service: "xmpp-server",
          generation: "rfc7711",
          delegation: "possession",
          delegatedDomain: "a.example",
          fetchedAt: text(fetchedAt),
          revalidateAt: text(fetchedAt + hour),
          expiresAt: text(fetchedAt + hour)
        }]
      })
    }))

  const sizes: ReadonlyArray<readonly [query: string, size: number]> = [
    ["", 100],
    ["?limit=1", 1],
    ["?limit=249", 249],
    ["?limit=250", 250],
    ["?limit=1000", 250]
  ]
  for (const [query, size] of sizes) {
    it.effect(`a page of "${query}" out of 250 has ${size}`, () =>
      Effect.gen(function*() {
        yield* fill()
        const page = yield* list(query)
        assert.deepStrictEqual(labelsOf(page), labels.slice(0, size))
        assert.strictEqual(page.cursor !== undefined, size < 250)
      }))
  }

  it.effect("pages through 250 with cursors, soonest expiry first", () =>
    Effect.gen(function*() {
      yield* fill()
      const read: Array<ReadonlyArray<string>> = []
      let cursor: string | undefined = ""
      while (cursor !== undefined) {
        const page: Inventory = yield* list(`?limit=40${cursor === "" ? "" : `&cursor=${cursor}`}`)
        read.push(labelsOf(page))
        cursor = page.cursor
      }
      assert.deepStrictEqual(read.map(({ length }) => length), [40, 40, 40, 40, 40, 40, 10])
      assert.deepStrictEqual(read.flat(), labels)
    }))

  it.effect("neither repeats nor skips an entry during concurrent writes, purges and renewals", () =>
    Effect.gen(function*() {
      const now = yield* fill()
      const store = yield* AssociationStore
      const first = yield* list("?limit=100")
      yield* store.forget(keyOf("n099")) // the one at the cursor
      yield* store.forget(keyOf("n150"))
      yield* remember(now, { early: 0.5, late: 60.5, n000: 500 })
      const second = yield* list(`?limit=1000&cursor=${first.cursor}`)
      const expected = labels.slice(100).filter((label) => label !== "n150")
      expected.splice(expected.indexOf("n180"), 0, "late") // n177 to n179 live for 60 h
      assert.deepStrictEqual(labelsOf(second), [...expected, "n000"])
      assert.isUndefined(second.cursor)
    }))

  it.effect("expiresBefore accepts every form of RFC 3339, also with a cursor", () =>
    Effect.gen(function*() {
      const now = yield* fill()
      const end = new Date(now + 2 * hour + 1)
      const utc = end.toISOString()
      const elsewhere = new Date(end.getTime() + 2 * hour).toISOString().replace("Z", "+02:00")
      const spellings = [utc, utc.toLowerCase(), elsewhere, encodeURIComponent(elsewhere), utc.replace("Z", "-00:00")]
      for (const spelling of spellings) {
        assert.deepStrictEqual(labelsOf(yield* list(`?expiresBefore=${spelling}`)), labels.slice(0, 6), spelling)
      }
      const { cursor } = yield* list(`?expiresBefore=${utc}&limit=4`)
      const rest = yield* list(`?expiresBefore=${utc}&limit=4&cursor=${cursor}`)
      assert.deepStrictEqual(labelsOf(rest), labels.slice(4, 6))
      assert.isUndefined(rest.cursor)
      assert.deepStrictEqual(yield* list("?expiresBefore=2026-01-01T00:00:00Z"), { associations: [] })
    }))

  const faults: ReadonlyArray<readonly [query: string, field: string]> = [
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["limit=-1", "limit"],
    ["limit=1.5", "limit"],
    ["limit=", "limit"],
    ["limit=all", "limit"],
    ["limit=1&limit=2", "limit"],
    ["expiresBefore=", "expiresBefore"],
    ["expiresBefore=tomorrow", "expiresBefore"],
    ["expiresBefore=1782864000000", "expiresBefore"],
    ["expiresBefore=2026-11-23", "expiresBefore"],
    ["expiresBefore=2026-11-23T09:00:00", "expiresBefore"],
    ["expiresBefore=2026-02-30T09:00:00Z", "expiresBefore"],
    ["expiresBefore=2026-11-23T24:00:00Z", "expiresBefore"],
    ["cursor=", "cursor"],
    ["cursor=bm8gY3Vyc29y", "cursor"],
    [`cursor=${"A".repeat(4_000)}`, "cursor"],
    ["domain=hosted.example", "domain"]
  ]
  for (const [query, field] of faults) {
    it.effect(`${query.slice(0, 40)} is a fault of ${field}`, () =>
      Effect.gen(function*() {
        const { ask } = yield* Service
        const { json, status } = yield* ask(`/v1/associations?${query}`)
        assert.strictEqual(status, 400)
        const { code, detail, field: named } = yield* Effect.orDie(decodeProblem(json))
        assert.deepStrictEqual([code, named], ["InvalidRequest", field])
        assert.match(detail, /^[A-Z0-9"].*[.?!]$/, "detail is a sentence")
      }))
  }

  it.effect("allows no other method", () =>
    Effect.gen(function*() {
      const { ask } = yield* Service
      const { headers, status } = yield* ask("/v1/associations", { method: "DELETE" })
      assert.deepStrictEqual([status, headers["allow"]], [405, "GET, HEAD"])
    }))
})
