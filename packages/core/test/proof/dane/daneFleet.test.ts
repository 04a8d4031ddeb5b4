/** What DNS says of a service, asked for once in a whole fleet and forgotten by all of it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { DaneSource } from "../../../src/proof/dane/DaneSource.ts"
import { CallerBudget } from "../../../src/question/CallerBudget.ts"
import { currentStamp } from "../../../src/question/Stamp.ts"
import { answerMs, bogus, makeFleetWorld, target } from "./fleet.ts"

const start = (source: DaneSource, refresh = false) =>
  Effect.forkChild(source.lookup(target, { ms: 5_000 }, refresh), { startImmediately: true })
/** Time passes, after what needs none is done. */
const pass = (ms: number) => Effect.andThen(Effect.repeat(Effect.yieldNow, { times: 50 }), TestClock.adjust(ms))
const settle = pass(answerMs)
const ask = (source: DaneSource, refresh = false) =>
  Effect.flatMap(start(source, refresh), (asking) => Effect.andThen(settle, Fiber.join(asking)))
const recall = (source: DaneSource) => Effect.map(currentStamp, (now) => source.recall(target, now))

const makeThree = Effect.gen(function*() {
  yield* TestClock.setTime(1_764_000_000_000)
  const world = makeFleetWorld()
  const [a, b, c] = [yield* world.makeReplica, yield* world.makeReplica, yield* world.makeReplica]
  return { ...world, a, b, c }
})

describe("look-ups that a fleet shares", () => {
  it.effect("PRF-28: 1,000 questions to three replicas about one cold domain: one resolution", () =>
    Effect.gen(function*() {
      const { a, b, c, state } = yield* makeThree
      const asked = yield* Effect.forkChild(
        Effect.forEach(
          Array.from({ length: 1_000 }, (_, index) => [a, b, c][index % 3]!),
          (source) => source.lookup(target, { ms: 5_000 }, false),
          { concurrency: "unbounded" }
        ),
        { startImmediately: true }
      )
      yield* settle
      const answers = yield* Fiber.join(asked)
      assert.isTrue(answers.every(({ kind }) => kind === "not-applicable"))
      assert.strictEqual(state.queries, 1)
      assert.isAtMost(state.reads, 9, "many questions share a read")
      for (const source of [a, b, c]) assert.isDefined(yield* recall(source))
    }))

  const rows = [["to the end of the TTL", { status: "secure", ttl: 300 }, 300], [
    "for a moment, if it cannot be trusted",
    bogus,
    5
  ]] as const
  it.effect.each(rows)("what one learned, all know %s", ([, answer, seconds]) =>
    Effect.gen(function*() {
      const { a, b, state } = yield* makeThree
      state.answer = answer
      const first = yield* ask(a)
      const { wallMs } = yield* currentStamp
      yield* TestClock.adjust(first.resolvedAt + seconds * 1_000 - wallMs - 1)
      assert.deepStrictEqual(yield* b.lookup(target, { ms: 5_000 }, false), first)
      assert.strictEqual(state.queries, 1)
      yield* TestClock.adjust(1)
      yield* ask(b)
      assert.strictEqual(state.queries, 2)
    }))

  it.effect("a resolver that hangs is asked by one, and its failure remembered from its end", () =>
    Effect.gen(function*() {
      const { a, b, state } = yield* makeThree
      Object.assign(state, { answer: bogus, answerMs: 8_000 })
      const asked = yield* Effect.forkChild(
        Effect.forEach([a, b], (source) => source.lookup(target, { ms: 9_000 }, false), { concurrency: 2 }),
        { startImmediately: true }
      )
      yield* pass(8_000)
      assert.deepStrictEqual((yield* Fiber.join(asked)).map(({ kind }) => kind), ["untrusted", "untrusted"])
      yield* TestClock.adjust(4_999)
      for (const source of [a, b]) assert.isDefined(yield* recall(source))
      yield* TestClock.adjust(1)
      for (const source of [a, b]) assert.isUndefined(yield* recall(source))
      assert.strictEqual(state.queries, 1)
    }))

  it.effect("what another asked for takes nothing from the budget of a caller", () =>
    Effect.gen(function*() {
      const { a, b, state } = yield* makeThree
      yield* ask(a)
      const known = yield* b.lookup(target, { ms: 5_000 }, false).pipe(
        Effect.provideService(CallerBudget, { account: "a caller", waitedMs: 0, take: () => 1_000 })
      )
      assert.strictEqual(known.kind, "not-applicable")
      assert.strictEqual(state.queries, 1)
    }))

  it.effect("a refresh asks DNS itself, and the others forget what was before", () =>
    Effect.gen(function*() {
      const { a, b, state } = yield* makeThree
      yield* ask(a)
      assert.isDefined(yield* b.lookup(target, { ms: 5_000 }, false))
      yield* TestClock.adjust(1_000)
      const fresh = yield* ask(a, true)
      assert.strictEqual(state.queries, 2)
      assert.isUndefined(yield* recall(b))
      assert.deepStrictEqual(yield* b.lookup(target, { ms: 5_000 }, false), fresh)
    }))

  it.effect("a refresh is not served by a look-up of another replica that is under way", () =>
    Effect.gen(function*() {
      const { a, b, state } = yield* makeThree
      const first = yield* start(a)
      yield* pass(answerMs / 2)
      const refresh = yield* start(b, true)
      yield* pass(answerMs / 2)
      const before = yield* Fiber.join(first)
      yield* settle
      assert.isAbove((yield* Fiber.join(refresh)).resolvedAt, before.resolvedAt)
      assert.strictEqual(state.queries, 2)
    }))

  it.effect("a refresh after which nothing lasts leaves nothing of what was before", () =>
    Effect.gen(function*() {
      const { a, b, state } = yield* makeThree
      yield* ask(a)
      state.answer = { status: "secure", ttl: 0 }
      yield* ask(a, true)
      yield* ask(b)
      assert.strictEqual(state.queries, 3)
    }))

  it.effect("a purge on one is one on all, also of what is under way", () =>
    Effect.gen(function*() {
      const { a, b, state } = yield* makeThree
      yield* ask(a)
      assert.isDefined(yield* b.lookup(target, { ms: 5_000 }, false))
      assert.deepStrictEqual(yield* a.forget(target), { pending: [] })
      for (const source of [a, b]) assert.isUndefined(yield* recall(source))

      const early = yield* start(a)
      yield* pass(answerMs / 2)
      yield* b.forget(target)
      yield* pass(answerMs / 2)
      yield* Fiber.join(early) // who asked before the purge has an answer
      for (const source of [a, b]) assert.isUndefined(yield* recall(source))
      assert.strictEqual(state.values.size, 0)
      assert.strictEqual(state.queries, 2)
      yield* ask(b)
      assert.strictEqual(state.queries, 3)
    }))

  it.effect("a lead that was lost stores nothing", () =>
    Effect.gen(function*() {
      const { a, loseLead, state } = yield* makeThree
      const asking = yield* start(a)
      yield* pass(0)
      loseLead()
      yield* settle
      yield* Fiber.join(asking)
      assert.isUndefined(yield* recall(a))
      assert.strictEqual(state.values.size, 0)
    }))

  it.effect("without the shared store each asks for itself, and remembers", () =>
    Effect.gen(function*() {
      const { a, b, state } = yield* makeThree
      state.away = true
      for (const source of [a, b]) yield* ask(source)
      assert.strictEqual(state.queries, 2)
      for (const source of [a, b]) assert.isDefined(yield* recall(source))
      assert.deepStrictEqual(yield* a.forget(target), { pending: ["store", "announcement"] })
      assert.isUndefined(yield* recall(a))
    }))

  it.effect("after a loss of the channel, memory serves only what the shared store has, too", () =>
    Effect.gen(function*() {
      const { a, b, state, tell } = yield* makeThree
      yield* ask(a)
      assert.isDefined(yield* b.lookup(target, { ms: 5_000 }, false))
      tell("lost")
      assert.isUndefined(yield* recall(b))
      state.deaf = true
      yield* a.forget(target)
      state.deaf = false
      tell("back")
      assert.isUndefined(yield* recall(b), "the message of the purge was missed")
      yield* ask(b)
      assert.strictEqual(state.queries, 2)
      // What is still stored takes a read, and no resolution.
      tell("lost")
      tell("back")
      assert.isDefined(yield* b.lookup(target, { ms: 5_000 }, false))
      assert.isDefined(yield* recall(b))
      assert.strictEqual(state.queries, 2)
    }))

  it.effect("without channel and store, memory serves to the end of the TTL", () =>
    Effect.gen(function*() {
      const { b, state, tell } = yield* makeThree
      yield* ask(b)
      state.away = true
      tell("lost")
      assert.isUndefined(yield* recall(b))
      yield* TestClock.adjust(300_000 - answerMs - 1)
      assert.isDefined(yield* b.lookup(target, { ms: 5_000 }, false))
      assert.strictEqual(state.queries, 1)
      yield* TestClock.adjust(1)
      yield* ask(b)
      assert.strictEqual(state.queries, 2)
    }))

  it.effect("a loss of the channel during a look-up: it serves who waits, and is not remembered as checked", () =>
    Effect.gen(function*() {
      const { a, state, tell } = yield* makeThree
      const asking = yield* start(a)
      yield* pass(answerMs / 2)
      tell("lost")
      tell("back")
      yield* pass(answerMs / 2)
      assert.strictEqual((yield* Fiber.join(asking)).kind, "not-applicable")
      // The store took it under the lead, so a read suffices.
      assert.isDefined(yield* a.lookup(target, { ms: 5_000 }, false))
      assert.strictEqual(state.queries, 1)
    }))

  it.effect("a question that cannot wait for the shared store has what memory knows", () =>
    Effect.gen(function*() {
      const { a, state, tell } = yield* makeThree
      yield* ask(a)
      tell("lost")
      state.hangs = true
      const asking = yield* Effect.forkChild(a.lookup(target, { ms: 50 }, false), { startImmediately: true })
      yield* pass(50)
      assert.strictEqual((yield* Fiber.join(asking)).kind, "not-applicable")
      assert.strictEqual(state.queries, 1)
    }))

  it.effect("messages about other sources change nothing", () =>
    Effect.gen(function*() {
      const { a, changed, endOf } = yield* makeThree
      const { resolvedAt } = yield* ask(a)
      changed(target.keys.rfc7711.text)
      changed("")
      changed("anything at all:tlsa")
      assert.isDefined(yield* recall(a))
      assert.strictEqual(endOf("im"), resolvedAt + 300_000)
      changed(target.keys.tlsa.text)
      assert.isUndefined(yield* recall(a))
    }))
})
