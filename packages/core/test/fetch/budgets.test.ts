import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Result } from "effect"
import { TestClock } from "effect/testing"
import { withBudgets } from "../../src/fetch/Budgets.ts"
import { FetchError, type FetchRequest, type FetchResponse } from "../../src/fetch/Fetcher.ts"
import { attemptLimits, type BudgetLimits, budgetLimits } from "../../src/Limits.ts"
import { CallerBudget } from "../../src/question/CallerBudget.ts"
import type { Domain } from "../../src/question/Domain.ts"

const request = (source: string, host = source): FetchRequest => ({
  target: { url: `https://${host}/`, host: host as Domain, port: 443, path: "/" },
  sourceDomain: source as Domain,
  hadMaterial: false,
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

/** A server that takes a second per response, and records its concurrency. */
const makeServer = (limits: Partial<BudgetLimits> = {}) => {
  const seen = { now: 0, most: 0, total: 0 }
  const get = withBudgets({
    get: () =>
      Effect.suspend(() => {
        seen.now += 1
        seen.total += 1
        seen.most = Math.max(seen.most, seen.now)
        return Effect.sleep("1 second").pipe(
          Effect.as(response),
          Effect.ensuring(Effect.sync(() => seen.now -= 1))
        )
      })
  }, { ...budgetLimits, ...limits })
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
      // 600 tokens at once, and those refilled within an attempt's 12 s.
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

  it.effect("one caller's many requests do not keep another's from having a turn", () =>
    Effect.gen(function*() {
      const { get } = makeServer({ inFlight: 2 })
      const ask = (account: string, source: string) =>
        get(request(source)).pipe(
          Effect.andThen(Clock.currentTimeMillis),
          Effect.provideService(CallerBudget, { account, waitedMs: 0, take: () => undefined }),
          Effect.forkChild
        )
      const many = yield* Effect.forEach(Array.from({ length: 20 }, (_, index) => `d${index}.example`), (source) =>
        ask("many", source))
      const one = yield* ask("one", "one.example")
      yield* TestClock.adjust("1 minute")
      const times = yield* Effect.forEach(many, Fiber.join)
      assert.isAtMost(yield* Fiber.join(one), 2_000)
      assert.strictEqual(Math.max(...times), 11_000)
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

  describe("strangers choose what uses a budget up", () => {
    /** Only the budgets take time; a host below `nowhere.example` has no address. */
    const makeSites = (limits: Partial<BudgetLimits> = {}) => {
      const seen = { lookUps: 0, requests: 0 }
      const get = withBudgets({
        get: () => Effect.die("in two parts"),
        find: ({ target }) =>
          Effect.suspend(() => {
            seen.lookUps += 1
            return target.host.endsWith("nowhere.example")
              ? Effect.fail(new FetchError({ code: "DnsNameNotFound", trace: response.trace }))
              : Effect.succeed(Effect.sync(() => {
                seen.requests += 1
                return response
              }))
          })
      }, { ...budgetLimits, ...limits })
      return { get, seen }
    }
    const askAt = (get: ReturnType<typeof makeSites>["get"], one: FetchRequest) =>
      Effect.result(get(one)).pipe(Effect.zip(Clock.currentTimeMillis), Effect.forkChild)

    it.effect("names without an address are charged to no web server, and bounded all the same", () =>
      Effect.gen(function*() {
        const { get, seen } = makeSites()
        const flood = Array.from({ length: 8_000 }, (_, index) => request(`x${index}.nowhere.example`))
        const asked = yield* Effect.forEach(flood, (one) => askAt(get, one))
        yield* TestClock.adjust(0)
        assert.deepStrictEqual(seen, { lookUps: 6_000, requests: 0 })
        const honest = yield* askAt(get, request("chat.nowhere.example", "www.nowhere.example"))
        yield* TestClock.adjust(10)
        assert.deepStrictEqual([Result.isFailure((yield* Fiber.join(honest))[0]), seen.lookUps], [true, 6_001])
        yield* TestClock.adjust("12 seconds")
        assert.strictEqual(seen.lookUps, 7_200)
        const ends = yield* Effect.forEach(asked, Fiber.join)
        const refused = ends.flatMap(([end]) =>
          Result.isFailure(end) && end.failure.code === "RateLimitedLocally" ? end.failure.retryAfterMs : []
        )
        assert.strictEqual(refused.length, 801)
        assert.isTrue(
          refused.every((ms) => ms !== undefined && ms > 12_000 && ms < 13_000),
          "all know when to come again"
        )
      }))

    it.effect("a place in the queue goes to the group that has fewer", () =>
      Effect.gen(function*() {
        const { get } = makeSites()
        const flood = yield* Effect.forEach(
          Array.from({ length: 720 }, (_, index) => request(`x${index}.attacker.example`, "docs.provider.example")),
          (one) => askAt(get, one)
        )
        const tenants = yield* Effect.forEach(
          Array.from({ length: 30 }, (_, index) => request(`tenant${index}.example`, "docs.provider.example")),
          (one) => askAt(get, one)
        )
        yield* TestClock.adjust("1 minute")
        const answers = yield* Effect.forEach(tenants, Fiber.join)
        assert.isTrue(answers.every(([end]) => Result.isSuccess(end)))
        // Round robin: each tenant once, and the flood once.
        assert.isAtMost(Math.max(...answers.map(([, at]) => at)), 3_100)
        const refused = (yield* Effect.forEach(flood, Fiber.join)).filter(([end]) => Result.isFailure(end))
        assert.strictEqual(refused.length, 30)
      }))

    it.effect("who leaves the queue has spent nothing, and the others move up", () =>
      Effect.gen(function*() {
        const { get, seen } = makeSites()
        const flood = yield* Effect.forEach(
          Array.from({ length: 720 }, (_, index) => request(`x${index}.attacker.example`, "docs.provider.example")),
          (one) => askAt(get, one)
        )
        yield* TestClock.adjust(0)
        assert.strictEqual(seen.requests, 600)
        yield* Effect.forEach(flood, Fiber.interrupt, { concurrency: "unbounded" })
        const tenant = yield* askAt(get, request("tenant1.example", "docs.provider.example"))
        yield* TestClock.adjust("1 minute")
        assert.isAtMost((yield* Fiber.join(tenant))[1], 100)
        assert.strictEqual(seen.requests, 601)
        const again = yield* Effect.forEach(
          Array.from({ length: 700 }, (_, index) => request(`y${index}.attacker.example`, "docs.provider.example")),
          (one) => askAt(get, one)
        )
        yield* TestClock.adjust("12 seconds")
        assert.isTrue((yield* Effect.forEach(again, Fiber.join)).every(([end]) => Result.isSuccess(end)))
      }))

    it.effect("what is interrupted in the middle gives its place back", () =>
      Effect.gen(function*() {
        const { get, seen } = makeServer({ perHostConcurrent: 3 })
        for (let round = 0; round < 20; round += 1) {
          const fibers = yield* Effect.forEach(
            Array.from({ length: 12 }, (_, index) => request(`d${index}.example`, "host.example")),
            (one) => Effect.forkChild(get(one))
          )
          if (round % 2 === 0) yield* TestClock.adjust(round * 100)
          yield* Effect.forEach(fibers, Fiber.interrupt, { concurrency: "unbounded" })
        }
        assert.deepStrictEqual([seen.now, seen.most], [0, 3])
        assert.deepStrictEqual(yield* askMany(get, [request("a.example", "host.example")]), ["ok"])
      }))
  })

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
