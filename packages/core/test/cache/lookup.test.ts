/** The look-up serves any source: this one has no protocol. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Result } from "effect"
import { TestClock } from "effect/testing"
import type { Association } from "../../src/association/Association.ts"
import { ResolveError } from "../../src/association/ResolveError.ts"
import { type FlightResult, makeFetchAndStore, toLostResult } from "../../src/cache/fetchAndStore.ts"
import { Fleet } from "../../src/cache/Fleet.ts"
import { makeFlights } from "../../src/cache/Flights.ts"
import { makeLookup } from "../../src/cache/Lookup.ts"
import type { Attempted } from "../../src/cache/Resolution.ts"
import { ResolutionObserver } from "../../src/cache/ResolutionObserver.ts"
import type { Source } from "../../src/cache/Source.ts"
import { makeMemoryStore } from "../../src/cache/store/MemoryStore.ts"
import { untraced } from "../../src/question/StageTracer.ts"
import { stampOf } from "../../src/question/Stamp.ts"
import { start } from "../greenhouse.ts"
import { fingerprints, keys } from "./store/stored.ts"

const makeWorld = Effect.gen(function*() {
  yield* start
  const clock = yield* Clock.Clock
  const observer = yield* ResolutionObserver
  const store = yield* makeMemoryStore({ entries: 10, octets: 1e6 })
  const flights = yield* makeFlights<FlightResult>(toLostResult)
  const lookup = makeLookup({
    store,
    flights,
    fetchAndStore: makeFetchAndStore(store, yield* Fleet),
    observer,
    clock
  })
  const origin = { says: "material" as "material" | "NotPublished" | "ConnectTimeout", asked: [] as Array<boolean> }
  const source: Source = {
    key: keys.rfc7711,
    fetch: ({ hadMaterial }) =>
      Effect.suspend(() => {
        origin.asked.push(hadMaterial)
        const fetchedAt = clock.currentTimeMillisUnsafe()
        if (origin.says !== "material") return Effect.fail(new ResolveError({ code: origin.says, hops: [] }))
        const end = fetchedAt + 60_000
        const lifetime = { fetchedAt, revalidateAt: end, graceUntil: end, expiresAt: end }
        return Effect.succeed<Association>({ ...fingerprints, hops: [], lifetime })
      })
  }
  const search = () => ({ asked: stampOf(clock), deadline: { ms: 1_000 }, freshness: {}, stage: untraced })
  return {
    origin,
    ask: Effect.suspend(() => Effect.map(lookup.ask(source, search()), told)),
    recall: Effect.sync(() => {
      const recalled = lookup.recall(source.key, search(), stampOf(clock))
      return recalled === undefined ? "-" : told(recalled.attempted)
    })
  }
})

const told = ({ cache, outcome }: Attempted): string =>
  `${Result.isSuccess(outcome) ? "material" : outcome.failure.code} ${cache}`

describe("a look-up of any source", () => {
  it.effect("asks once, and caches until expiry", () =>
    Effect.gen(function*() {
      const { ask, origin, recall } = yield* makeWorld
      assert.deepStrictEqual([yield* recall, yield* ask, yield* ask, yield* recall], [
        "-",
        "material miss",
        "material memory",
        "material memory"
      ])
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual([yield* recall, yield* ask], ["-", "material miss"])
      assert.deepStrictEqual(origin.asked, [false, false])
    }).pipe(Effect.scoped))

  it.effect("the code of its error decides whether cached material is evicted (CAC-30)", () =>
    Effect.forEach(
      [["NotPublished", /^NotPublished/], ["ConnectTimeout", /^material/]] as const,
      ([says, after]) =>
        Effect.gen(function*() {
          const { ask, origin } = yield* makeWorld
          yield* ask
          yield* TestClock.adjust("55 seconds") // refreshed ahead, in the background
          origin.says = says
          yield* ask
          yield* TestClock.adjust("1 second")
          assert.deepStrictEqual(origin.asked, [false, true])
          assert.match(yield* ask, after)
        }).pipe(Effect.scoped)
    ))
})
