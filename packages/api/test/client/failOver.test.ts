/** Retries and fail-over, over a `fetch` in this process. */
import { assert, describe, it, vi } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { passingProblem, problem } from "../../src/index.ts"
import { answerTo, undecided } from "./answers.ts"
import { codeOf, endpoints, hosts, make, question } from "./clients.ts"
import { answering, inTime, json, never, type Respond } from "./fakeFetch.ts"

describe("fail-over and retries", () => {
  it.effect("another endpoint is asked at once, and stays in use for a while", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* make((call) => {
        if (call.url.host === "a.example") throw new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } })
        return answering()(call)
      }, { endpoints, cache: false })
      yield* inTime(client.verify(question))
      yield* inTime(client.verify(question))
      assert.deepStrictEqual(hosts(calls), ["a.example", "b.example", "b.example"])
      yield* TestClock.adjust("2 seconds")
      yield* inTime(client.verify(question))
      assert.deepStrictEqual(hosts(calls).slice(3), ["a.example", "b.example"])
    }))

  it.effect("an endpoint that hangs leaves time for the other", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* make((call) => call.url.host === "a.example" ? never() : answering()(call), {
        endpoints,
        timeoutMs: 1_000
      })
      assert.isTrue((yield* inTime(client.verify(question))).valid)
      assert.isTrue(calls[0]?.signal.aborted)
      assert.isAtMost(calls[0]?.questions[0]?.deadlineMs ?? Infinity, 450)
    }))

  it.effect("the whole ends in time, whatever hangs", () =>
    Effect.gen(function*() {
      const { client } = yield* make(never, { endpoints, timeoutMs: 1_000 })
      assert.strictEqual(yield* codeOf(client.verify(question)), "TimedOut")
      assert.strictEqual(yield* codeOf(client.verify({ ...question, deadlineMs: 100 })), "TimedOut")
    }))

  const counted: ReadonlyArray<readonly [name: string, respond: Respond, requests: number, code: string]> = [
    ["400", () => json(problem("InvalidRequest", "x"), 400), 1, "ServiceProblem"],
    ["401", () => json(problem("Unauthorized", "x"), 401), 1, "ServiceProblem"],
    ["403", () => json(problem("Forbidden", "x"), 403), 1, "ServiceProblem"],
    ["404 without a problem", () => new Response("", { status: 404 }), 1, "UnexpectedStatus"],
    ["a problem of another status", () => json(problem("Overloaded", "x"), 404), 1, "UnexpectedStatus"],
    ["500", () => json(problem("InternalError", "x"), 500), 2, "ServiceProblem"],
    ["503", () => json(passingProblem("Overloaded", "x", 20), 503), 6, "ServiceProblem"],
    [
      "503 that lasts longer than the deadline",
      () => json(passingProblem("Overloaded", "x", 60_000), 503),
      2,
      "ServiceProblem"
    ],
    [
      "503 of a balancer, for long",
      () => new Response("", { status: 503, headers: { "retry-after": "60" } }),
      2,
      "UnexpectedStatus"
    ],
    ["429", () => json(passingProblem("TooManyRequests", "x", 20), 429), 6, "ServiceProblem"],
    ["garbage", () => new Response("<html>", { headers: { "content-type": "text/html" } }), 2, "UnexpectedMediaType"],
    [
      "the answer to another question",
      answering((question) => ({ ...answerTo(question), domain: "other.example" })),
      2,
      "WrongAnswer"
    ]
  ]
  it.effect.each(counted)("%s, at both endpoints", ([, respond, requests, code]) =>
    Effect.gen(function*() {
      const { calls, client } = yield* make(respond, { endpoints })
      assert.strictEqual(yield* codeOf(client.verify(question)), code)
      assert.strictEqual(calls.length, requests)
    }))

  it.effect("what is not decided is asked again if that can help, and is the answer if it cannot", () =>
    Effect.gen(function*() {
      const passing = yield* make((call, count) =>
        answering((question) => answerTo(question, count === 1 ? { ...undecided, retryAfterMs: 200 } : {}))(call)
      )
      assert.isTrue((yield* inTime(passing.client.verify(question), 10)).valid)
      assert.strictEqual(passing.calls.length, 2)

      const lasting = yield* make(answering((question) => answerTo(question, { ...undecided, retryAfterMs: 30_000 })))
      assert.strictEqual((yield* inTime(lasting.client.verify(question), 10)).verdict, "indeterminate")
      assert.strictEqual(lasting.calls.length, 1)

      const broken = yield* make((call, count) =>
        count === 1
          ? answering((question) => answerTo(question, undecided))(call)
          : json(problem("Forbidden", "x"), 403)
      )
      assert.strictEqual((yield* inTime(broken.client.verify(question), 10)).verdict, "indeterminate")
    }))

  it.effect("a key is in no fault", () =>
    Effect.gen(function*() {
      const { client } = yield* make(() => {
        throw new TypeError("invalid header Bearer s3cret", { cause: { code: "Bearer s3cret" } })
      }, { key: "s3cret" })
      const error = yield* inTime(Effect.flip(client.verify(question)), 50)
      assert.notInclude(JSON.stringify([error.fault, error.message, String(error)]), "s3cret")
    }))

  it.effect("a fetch that breaks its contract is a defect, and not the end of the client", () =>
    Effect.gen(function*() {
      const { client } = yield* make((call, count) => count === 1 ? undefined as never : answering()(call))
      assert.strictEqual(yield* codeOf(client.verify(question)), "Defect")
      assert.isTrue((yield* inTime(client.verify(question))).valid)
    }))

  it.effect("no SHA-256, no yes", () =>
    Effect.gen(function*() {
      const { client } = yield* make(answering())
      vi.stubGlobal("crypto", {})
      assert.strictEqual(yield* codeOf(client.verify(question)), "CryptoUnavailable")
      assert.isUndefined(client.recall(question))
    }).pipe(Effect.ensuring(Effect.sync(() => vi.unstubAllGlobals()))))
})
