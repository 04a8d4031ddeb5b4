import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { makeFlights } from "../../src/cache/Flights.ts"

/** Work that takes ten seconds and records whether it was cancelled. */
const makeWork = () => {
  const seen = { started: 0, finished: 0, cancelled: 0 }
  const work = () =>
    Effect.suspend(() => {
      seen.started += 1
      return Effect.sleep("10 seconds").pipe(
        Effect.map(() => {
          seen.finished += 1
          return "landed"
        }),
        Effect.onInterrupt(() => Effect.sync(() => seen.cancelled += 1))
      )
    })
  return { seen, work }
}

const patience = { ms: 30_000, onLate: () => "late" }

describe("Flights (RES-92)", () => {
  it.effect("shares one flight between all waiters of a key", () =>
    Effect.gen(function*() {
      const flights = yield* makeFlights(() => "lost")
      const { seen, work } = makeWork()
      const waiters = yield* Effect.forEach(
        Array.from({ length: 1_000 }),
        () => Effect.forkChild(flights.join("k", work, patience))
      )
      yield* TestClock.adjust("10 seconds")
      const landed = yield* Effect.forEach(waiters, Fiber.join)
      assert.strictEqual(seen.started, 1)
      assert.strictEqual(landed.filter(({ joined }) => joined).length, 999)
      assert.isTrue(landed.every(({ outcome }) => outcome === "landed"))
      assert.isFalse(flights.isUnderWay("k"))
    }))

  it.effect("keeps keys apart", () =>
    Effect.gen(function*() {
      const flights = yield* makeFlights(() => "lost")
      const { seen, work } = makeWork()
      const waiters = yield* Effect.forEach(["a", "b"], (key) => Effect.forkChild(flights.join(key, work, patience)))
      yield* TestClock.adjust("10 seconds")
      yield* Effect.forEach(waiters, Fiber.join)
      assert.strictEqual(seen.started, 2)
    }))

  it.effect("continues while there are waiters, and is cancelled when the last one leaves", () =>
    Effect.gen(function*() {
      const flights = yield* makeFlights(() => "lost")
      const { seen, work } = makeWork()
      const first = yield* Effect.forkChild(flights.join("k", work, patience))
      yield* TestClock.adjust("1 second")
      const second = yield* Effect.forkChild(flights.join("k", work, patience))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(seen, { started: 1, finished: 0, cancelled: 0 })
      yield* Fiber.interrupt(second)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(seen, { started: 1, finished: 0, cancelled: 1 })
      assert.isFalse(flights.isUnderWay("k"))
    }))

  it.effect("answers at the deadline, and continues for the next question", () =>
    Effect.gen(function*() {
      const flights = yield* makeFlights(() => "lost")
      const { seen, work } = makeWork()
      const hasty = yield* Effect.forkChild(flights.join("k", work, { ...patience, ms: 50 }))
      yield* TestClock.adjust("50 millis")
      assert.strictEqual((yield* Fiber.join(hasty)).outcome, "late")
      const patient = yield* Effect.forkChild(flights.join("k", work, patience))
      yield* TestClock.adjust("10 seconds")
      assert.deepInclude(yield* Fiber.join(patient), { outcome: "landed", joined: true })
      assert.deepStrictEqual(seen, { started: 1, finished: 1, cancelled: 0 })
    }))

  it.effect("starts a new flight after a discard, and marks the old one as discarded", () =>
    Effect.gen(function*() {
      const flights = yield* makeFlights(() => false)
      const gate = yield* Deferred.make<void>()
      const first = yield* Effect.forkChild(
        flights.join("k", (flight) => Effect.map(Deferred.await(gate), () => flight.discarded), {
          ms: 1_000,
          onLate: () => false
        })
      )
      yield* Effect.yieldNow
      flights.discard("k")
      assert.isFalse(flights.isUnderWay("k"))
      yield* Deferred.succeed(gate, undefined)
      assert.isTrue((yield* Fiber.join(first)).outcome)
    }))

  it.effect("gives a result for a flight that died, and frees the key", () =>
    Effect.gen(function*() {
      const flights = yield* makeFlights(() => "lost")
      const { outcome } = yield* flights.join("k", () => Effect.die("a defect"), patience)
      assert.strictEqual(outcome, "lost")
      assert.isFalse(flights.isUnderWay("k"))
    }))
})
