/** POSH-SEC-12: the budget of a caller for resolutions. */
import { assert, describe, it } from "@effect/vitest"
import { greenhouse } from "@posh/testing"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { CallerBudget } from "../../src/question/CallerBudget.ts"
import type { Question } from "../../src/question/Question.ts"
import { makeWeb, type Page, verifierOver } from "../fakeFetcher.ts"
import { ask, draft, fingerprints, next, onlyNext, rfc, start } from "../greenhouse.ts"

/** A budget of this many resolutions. */
const makeBudget = (resolutions: number, waitedMs = 0) => {
  const budget = { left: resolutions, refused: 0 }
  const take = () => {
    budget.left -= 1
    if (budget.left >= 0) return undefined
    budget.refused += 1
    return 4_200
  }
  return { budget, provide: Effect.provideService(CallerBudget, { account: "", waitedMs, take }) }
}

describe("the question that starts a resolution pays for it", () => {
  const rows: ReadonlyArray<readonly [name: string, pages: Record<string, Page>, asks: number, spent: number]> = [
    ["one generation", { [rfc]: { json: fingerprints(3_600) } }, 1, 1],
    ["both generations", {}, 1, 2],
    ["an answer from memory is free", { [rfc]: { json: fingerprints(3_600) } }, 3, 1],
    ["a negative entry is free", {}, 3, 2]
  ]
  it.effect.each(rows)("%s", ([, pages, asks, spent]) => {
    const { provide, budget } = makeBudget(100)
    return Effect.gen(function*() {
      yield* start
      for (let times = 0; times < asks; times += 1) yield* provide(ask())
      assert.strictEqual(100 - budget.left, spent)
    }).pipe(Effect.provide(verifierOver(makeWeb(pages))))
  })

  it.effect("a question that joins a resolution pays nothing, and gets its answer", () => {
    const web = makeWeb({ [rfc]: { never: true } })
    const [payer, exhausted] = [makeBudget(1), makeBudget(0)]
    return Effect.gen(function*() {
      yield* start
      const answers = yield* Effect.forkChild(
        Effect.all([payer.provide(ask({ deadlineMs: 1_000 })), exhausted.provide(ask({ deadlineMs: 1_000 }))], {
          concurrency: "unbounded"
        })
      )
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Fiber.join(answers), [
        "DeadlineExceeded miss",
        "DeadlineExceeded coalesced"
      ])
      assert.strictEqual(exhausted.budget.refused, 0)
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("a refresh ahead is free", () => {
    const web = makeWeb({ [rfc]: { json: fingerprints(1_000) } })
    const { provide, budget } = makeBudget(1)
    return Effect.gen(function*() {
      yield* start
      yield* provide(ask())
      yield* TestClock.adjust("900 seconds")
      assert.strictEqual(yield* provide(ask()), "Verified memory")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(web.asked.length, 2)
      assert.strictEqual(budget.refused, 0)
    }).pipe(Effect.provide(verifierOver(web)))
  })
})

describe("a caller over its budget", () => {
  const exhausted = () => makeBudget(0)
  const refused: ReadonlyArray<readonly [string, Partial<Question>, string]> = [
    ["starts no resolution", {}, "RateLimitedLocally miss"],
    ["starts none of the draft either", { generations: "draft-only" }, "RateLimitedLocally miss"]
  ]
  it.effect.each(refused)("%s", ([, question, answer]) => {
    const web = makeWeb({ [rfc]: { json: fingerprints(600) } })
    return Effect.gen(function*() {
      yield* start
      assert.strictEqual(yield* exhausted().provide(ask(question)), answer)
      assert.deepStrictEqual(web.asked, [])
      assert.strictEqual(yield* ask(), "Verified miss", "and the refusal was not cached")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("still gets cached answers", () => {
    const web = makeWeb({ [rfc]: { json: fingerprints(600) } })
    return Effect.gen(function*() {
      yield* start
      yield* ask()
      assert.strictEqual(yield* exhausted().provide(ask()), "Verified memory")
      assert.strictEqual(yield* exhausted().provide(ask({ refresh: true })), "Verified miss")
      assert.strictEqual(web.asked.length, 1)
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("CAC-22: also gets draft material within its grace", () => {
    const web = makeWeb({ [draft]: { json: greenhouse.jwkSet } })
    const asked = { generations: "draft-only" as const }
    return Effect.gen(function*() {
      yield* start
      assert.strictEqual(yield* ask(asked), "Verified miss")
      yield* TestClock.adjust("25 hours")
      assert.strictEqual(yield* exhausted().provide(ask(asked)), "Verified miss")
      assert.strictEqual(web.asked.length, 1)
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("MAT-43: does not use up the one refetch that others need after a renewal", () => {
    const web = makeWeb({ [rfc]: { json: onlyNext } })
    return Effect.gen(function*() {
      yield* start
      yield* ask({ certificate: next })
      web.set(rfc, { json: fingerprints(3_600) })
      assert.strictEqual(yield* exhausted().provide(ask()), "CertificateMismatch miss")
      assert.strictEqual(web.asked.length, 1)
      assert.strictEqual(yield* ask(), "Verified miss")
    }).pipe(Effect.provide(verifierOver(web)))
  })
})

it.effect("time that a question waited before counts against its deadline", () => {
  const web = makeWeb({ [rfc]: { never: true } })
  return Effect.gen(function*() {
    yield* start
    const fiber = yield* Effect.forkChild(makeBudget(1, 600).provide(ask({ deadlineMs: 1_000 })))
    yield* TestClock.adjust("399 millis")
    assert.isUndefined(fiber.pollUnsafe())
    yield* TestClock.adjust("1 millis")
    assert.isDefined(fiber.pollUnsafe())
  }).pipe(Effect.provide(verifierOver(web)))
})
