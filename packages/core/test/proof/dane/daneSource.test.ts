/** What is remembered of DNS, and how often it is asked. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Result } from "effect"
import { TestClock } from "effect/testing"
import { defaultPolicy } from "../../../src/Policy.ts"
import { makeDane } from "../../../src/proof/dane/DaneSource.ts"
import { type SecureAnswer, SecureResolver } from "../../../src/proof/dane/SecureResolver.ts"
import { CallerBudget } from "../../../src/question/CallerBudget.ts"
import { currentStamp } from "../../../src/question/Stamp.ts"
import { parseTarget } from "../../../src/question/Target.ts"

const policy = { ...defaultPolicy, allowSpecialUse: true }
const target = Result.getOrThrow(parseTarget({ domain: "im.example", service: "xmpp-server" }, policy))

type Answer = Pick<SecureAnswer<"SRV">, "status" | "ttl">

const makeWorld = (...answers: ReadonlyArray<Answer>) => {
  const count = { queries: 0 }
  const layer = Layer.mock(SecureResolver, {
    query: (name) =>
      Effect.suspend(() => {
        const answer = answers[Math.min(count.queries, answers.length - 1)]!
        count.queries += 1
        const records = { records: [], canonicalName: name, detail: answer.status === "bogus" ? "spoilt" : "" }
        return Effect.delay(Effect.succeed({ ...records, ...answer }), "20 millis")
      })
  })
  const source = Effect.map(makeDane(policy), ({ source: made }) => {
    assert.isDefined(made)
    return made
  })
  return { count, source: Effect.provide(source, layer) }
}

const secure: Answer = { status: "secure", ttl: 300 }
const bogus: Answer = { status: "bogus", ttl: 0 }

describe("what DNS says of a service", () => {
  it.effect("is asked for once, however many questions wait", () =>
    Effect.gen(function*() {
      const { count, source } = makeWorld(secure)
      const { lookup } = yield* source
      const asked = yield* Effect.forkChild(
        Effect.forEach(Array.from({ length: 1_000 }), () => lookup(target, { ms: 5_000 }, false), {
          concurrency: "unbounded"
        }),
        { startImmediately: true }
      )
      yield* TestClock.adjust("20 millis")
      assert.strictEqual((yield* Fiber.join(asked)).length, 1_000)
      assert.strictEqual(count.queries, 1)
    }))

  const rows: ReadonlyArray<readonly [name: string, answer: Answer, seconds: number]> = [
    ["for the TTL", secure, 300],
    ["for a moment, if it cannot be trusted", bogus, 5],
    ["not at all, if its TTL is 0", { status: "secure", ttl: 0 }, 0]
  ]
  it.effect.each(rows)("is remembered %s", ([, answer, seconds]) =>
    Effect.gen(function*() {
      const { count, source } = makeWorld(answer)
      const { lookup, recall } = yield* source
      const ask = Effect.flatMap(
        Effect.forkChild(lookup(target, { ms: 5_000 }, false), { startImmediately: true }),
        (asking) => Effect.andThen(TestClock.adjust("20 millis"), Fiber.join(asking))
      )
      const { resolvedAt } = yield* ask
      const now = yield* currentStamp
      const began = now.monotonicMs - (now.wallMs - resolvedAt)
      const at = (ms: number, wallMs = resolvedAt + ms) => recall(target, { monotonicMs: began + ms, wallMs })
      if (seconds > 0) {
        assert.strictEqual(at(seconds * 1_000 - 1)?.resolvedAt, resolvedAt)
        assert.strictEqual(
          at(1_000, resolvedAt - 500)?.resolvedAt,
          resolvedAt - 1_500,
          "CAC-35: no younger by a clock set back"
        )
      }
      assert.isUndefined(at(seconds * 1_000))
      assert.isUndefined(at(seconds * 1_000, resolvedAt), "CAC-35: the wall clock stands still")
      yield* TestClock.adjust(`${seconds} seconds`)
      yield* ask
      assert.strictEqual(count.queries, 2)
    }))

  it.effect("takes a resolution from the budget of its caller, and none to wait for another's", () =>
    Effect.gen(function*() {
      const { count, source } = makeWorld(secure)
      const { lookup } = yield* source
      const budget = { account: "a caller", waitedMs: 0, left: 1, refused: 0 }
      const ask = (domain: string) =>
        Effect.forkChild(
          lookup(Result.getOrThrow(parseTarget({ domain, service: "xmpp-server" }, policy)), { ms: 5_000 }, false).pipe(
            Effect.provideService(CallerBudget, {
              ...budget,
              take: () => {
                if (budget.left === 0) return ++budget.refused
                budget.left -= 1
                return undefined
              }
            })
          ),
          { startImmediately: true }
        )
      const [first, joined, other] = [yield* ask("one.example"), yield* ask("one.example"), yield* ask("two.example")]
      yield* TestClock.adjust("20 millis")
      assert.strictEqual((yield* Fiber.join(first)).kind, "not-applicable")
      assert.strictEqual((yield* Fiber.join(joined)).kind, "not-applicable")
      assert.deepInclude(yield* Fiber.join(other), { kind: "untrusted", status: "indeterminate" })
      assert.deepStrictEqual([count.queries, budget.refused], [1, 1])
    }))

  it.effect("is asked for again by a refresh", () =>
    Effect.gen(function*() {
      const { count, source } = makeWorld(secure)
      const { lookup } = yield* source
      for (const refresh of [false, true]) {
        const asking = yield* Effect.forkChild(lookup(target, { ms: 5_000 }, refresh), { startImmediately: true })
        yield* TestClock.adjust("20 millis")
        yield* Fiber.join(asking)
      }
      assert.strictEqual(count.queries, 2)
    }))

  it.effect("a refresh takes nothing that was asked for before it, and all that wait share the next", () =>
    Effect.gen(function*() {
      const { count, source } = makeWorld(secure)
      const { lookup } = yield* source
      const ask = (refresh: boolean) =>
        Effect.forkChild(lookup(target, { ms: 5_000 }, refresh), { startImmediately: true })
      const before = yield* ask(false)
      yield* TestClock.adjust("10 millis")
      const refreshes = [yield* ask(true), yield* ask(true)]
      yield* TestClock.adjust("10 millis")
      const first = yield* Fiber.join(before)
      yield* TestClock.adjust("20 millis")
      for (const asking of refreshes) {
        assert.isAbove((yield* Fiber.join(asking)).resolvedAt, first.resolvedAt)
      }
      assert.strictEqual(count.queries, 2)
    }))

  it.effect("a purge forgets it, and what is under way serves nobody who asks later", () =>
    Effect.gen(function*() {
      const { count, source } = makeWorld(secure)
      const { forget, lookup, recall } = yield* source
      const before = yield* Effect.forkChild(lookup(target, { ms: 5_000 }, false), { startImmediately: true })
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual(yield* forget(target), { pending: [] })
      const after = yield* Effect.forkChild(lookup(target, { ms: 5_000 }, false), { startImmediately: true })
      yield* TestClock.adjust("10 millis")
      yield* Fiber.join(before)
      assert.isUndefined(recall(target, yield* currentStamp))
      yield* TestClock.adjust("10 millis")
      yield* Fiber.join(after)
      assert.strictEqual(count.queries, 2)
      assert.isDefined(recall(target, yield* currentStamp))
      yield* forget(target)
      assert.isUndefined(recall(target, yield* currentStamp))
    }))

  it.effect("POSH-PRF-22: that came too late is no \"no DANE\", and serves the next question", () =>
    Effect.gen(function*() {
      const { count, source } = makeWorld(secure)
      const { lookup } = yield* source
      const asking = yield* Effect.forkChild(lookup(target, { ms: 10 }, false), { startImmediately: true })
      yield* TestClock.adjust("10 millis")
      assert.deepInclude(yield* Fiber.join(asking), { kind: "untrusted", status: "indeterminate" })
      yield* TestClock.adjust("10 millis")
      assert.deepInclude(yield* lookup(target, { ms: 5_000 }, false), { kind: "not-applicable" })
      assert.strictEqual(count.queries, 1)
    }))
})
