import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import { withBudgets } from "../src/Budgets.ts"
import type { Domain } from "../src/Domain.ts"
import type { FetchRequest, FetchResponse } from "../src/Fetcher.ts"
import { attemptLimits, type BudgetLimits, budgetLimits } from "../src/Limits.ts"

const request = (source: string, host = source): FetchRequest => ({
  target: { url: `https://${host}/`, host: host as Domain, port: 443, path: "/" },
  sourceDomain: source as Domain,
  waiting: {},
  accept: "application/json",
  limits: attemptLimits,
  bodyLimit: () => undefined
})
const response: FetchResponse = {
  status: 404,
  headers: [],
  body: new Uint8Array(),
  trace: { startedAt: 0, endedAt: 0 }
}

/** A server that takes a second for each answer, and notes how many it serves at once. */
const makeServer = (limits: Partial<BudgetLimits> = {}) => {
  const seen = { now: 0, most: 0, total: 0 }
  const get = withBudgets(() =>
    Effect.suspend(() => {
      seen.now += 1
      seen.total += 1
      seen.most = Math.max(seen.most, seen.now)
      return Effect.sleep("1 second").pipe(
        Effect.as(response),
        Effect.ensuring(Effect.sync(() => seen.now -= 1))
      )
    }), { ...budgetLimits, ...limits })
  return { get, seen }
}

const askMany = Effect.fnUntraced(function*(get: ReturnType<typeof makeServer>["get"], requests: Array<FetchRequest>) {
  const fiber = yield* Effect.forkChild(
    Effect.forEach(requests, (one) => Effect.result(get(one)), { concurrency: "unbounded" })
  )
  yield* TestClock.adjust("1 minute")
  return (yield* Fiber.join(fiber)).map((result) => Result.isSuccess(result) ? "ok" : result.failure.code)
})

describe("budgets (SEC-12)", () => {
  it.effect("lets 2 requests for a source domain run at once", () =>
    Effect.gen(function*() {
      const { get, seen } = makeServer()
      const answers = yield* askMany(get, Array.from({ length: 6 }, () => request("a.example")))
      assert.deepStrictEqual([seen.most, answers], [2, Array(6).fill("ok")])
    }))

  it.effect("lets 16 requests to a host run at once, for whomever", () =>
    Effect.gen(function*() {
      const { get, seen } = makeServer()
      yield* askMany(get, Array.from({ length: 40 }, (_, index) => request(`d${index}.example`, "host.example")))
      assert.strictEqual(seen.most, 16)
      assert.strictEqual(seen.total, 40)
    }))

  it.effect.each<readonly [what: string, host: (index: number) => string, most: number]>([
    ["names that one site invents count together", (index) => `x${index}.victim.example`, 16],
    ["however deep they lie", (index) => `x${index}.${"y.".repeat(index)}victim.co.uk`, 16],
    ["tenants of a hosting platform are sites of their own", (index) => `x${index}.github.io`, 40],
    ["and so are names of different owners", (index) => `x${index}.example`, 40]
  ])("%s", ([, host, most]) =>
    Effect.gen(function*() {
      const { get, seen } = makeServer()
      yield* askMany(get, Array.from({ length: 40 }, (_, index) => request(host(index))))
      assert.deepStrictEqual([seen.most, seen.total], [most, 40])
    }))

  it.effect("lets 600 requests a minute through for all names of a site", () =>
    Effect.gen(function*() {
      const { get } = makeServer()
      const answers = yield* askMany(
        get,
        Array.from({ length: 1_000 }, (_, index) => request(`x${index}.victim.example`))
      )
      // 600 at once, and what is refilled within an attempt's 12 s.
      assert.strictEqual(answers.filter((answer) => answer === "RateLimitedLocally").length, 280)
    }))

  it.effect("bounds everything at once, and says what a request waits for", () =>
    Effect.gen(function*() {
      const { get, seen } = makeServer({ inFlight: 2 })
      const requests = Array.from({ length: 40 }, (_, index) => request(`d${index}.example`))
      const fibers = yield* Effect.forEach(requests, (one) => Effect.forkChild(get(one)))
      yield* TestClock.adjust("1500 millis")
      assert.strictEqual(requests.filter(({ waiting }) => waiting.code === "ResolverOverloaded").length, 36)
      yield* TestClock.adjust("1 minute")
      yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual([seen.most, seen.total], [2, 40])
      assert.isTrue(requests.every(({ waiting }) => waiting.code === undefined))
    }))

  it.effect("lets 30 requests a minute through for a source domain, then fails with the time to wait", () =>
    Effect.gen(function*() {
      const { get } = makeServer({ perSourceConcurrent: 100 })
      const first = yield* askMany(get, Array.from({ length: 30 }, () => request("a.example")))
      assert.deepStrictEqual(first, Array(30).fill("ok"))
      // 30 more after a minute's refill, and then one in 2 s: six of them within an attempt's 12 s.
      const second = yield* askMany(get, Array.from({ length: 40 }, () => request("a.example")))
      assert.strictEqual(second.filter((answer) => answer === "ok").length, 36)
      assert.strictEqual(second.filter((answer) => answer === "RateLimitedLocally").length, 4)
    }))

  it.effect("gives permits back when waiters go away", () =>
    Effect.gen(function*() {
      const { get, seen } = makeServer()
      for (let round = 0; round < 5; round += 1) {
        const fibers = yield* Effect.forEach(
          Array.from({ length: 4 }, () => request("a.example")),
          (one) => Effect.forkChild(get(one))
        )
        yield* TestClock.adjust("100 millis")
        yield* Effect.forEach(fibers, Fiber.interrupt)
      }
      assert.strictEqual(seen.now, 0)
      assert.deepStrictEqual(yield* askMany(get, [request("a.example")]), ["ok"])
    }))
})
