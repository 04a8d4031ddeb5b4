/** Decisions that need no network: retries, endpoints, settings, the cache. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { AnswerCache } from "../../src/client/AnswerCache.ts"
import type { ClientSettings } from "../../src/client/ClientSettings.ts"
import { Endpoints } from "../../src/client/Endpoints.ts"
import { problemFault, type RequestFault, statusFault, toFault } from "../../src/client/faults.ts"
import { prepare } from "../../src/client/prepare.ts"
import { retryAfterMs } from "../../src/client/readReply.ts"
import { afterAnswer, afterFault, type Tries } from "../../src/client/retry.ts"
import { checkSettings } from "../../src/client/settings.ts"
import { passingProblem, problem } from "../../src/Problem.ts"
import { answerTo } from "./answers.ts"

describe("retries", () => {
  const tries: Tries = { count: 1, endpoints: 2, untried: 1, remainingMs: 10_000, jitter: 0.5 }
  const alone: Tries = { ...tries, endpoints: 1, untried: 0 }
  const rows: ReadonlyArray<readonly [name: string, fault: RequestFault, tries: Tries, waitMs: number | undefined]> = [
    ["unreachable: the next endpoint at once", toFault("Unreachable"), tries, 0],
    ["unreachable, and no other: after a while", toFault("Unreachable"), alone, 100],
    ["the wait grows", toFault("Unreachable"), { ...alone, count: 2 }, 200],
    ["three tries for each endpoint", toFault("Unreachable"), { ...alone, count: 3 }, undefined],
    ["garbage: another endpoint", toFault("InvalidBody"), tries, 0],
    ["garbage: never the same again", toFault("InvalidBody"), alone, undefined],
    ["an answer to another question: never the same again", toFault("WrongAnswer"), alone, undefined],
    ["a redirect", statusFault(302), alone, undefined],
    ["500 elsewhere", problemFault(problem("InternalError", "x")), tries, 0],
    ["500 is not repeated", problemFault(problem("InternalError", "x")), alone, undefined],
    ["503 elsewhere", problemFault(passingProblem("Overloaded", "x", 1_000)), tries, 0],
    ["503 after Retry-After", problemFault(passingProblem("Overloaded", "x", 1_000)), alone, 1_050],
    ["503 of a balancer", statusFault(503, { retryAfterMs: 2_000 }), alone, 2_100],
    ["429 is the caller's, everywhere", problemFault(passingProblem("TooManyRequests", "x", 500)), tries, 525],
    [
      "a wait that the deadline does not allow",
      problemFault(passingProblem("Overloaded", "x", 9_900)),
      alone,
      undefined
    ],
    ["a Retry-After of 0", problemFault(passingProblem("Overloaded", "x", 0)), alone, 100],
    ["400", problemFault(problem("InvalidRequest", "x")), tries, undefined],
    ["401", problemFault(problem("Unauthorized", "x")), tries, undefined],
    ["403", problemFault(problem("Forbidden", "x")), tries, undefined],
    ["404 of something else", statusFault(404), tries, undefined],
    ["204", statusFault(204), tries, 0],
    ["no time", toFault("Unreachable"), { ...tries, remainingMs: 10 }, undefined]
  ]
  it.each(rows)("%s", (_, fault, tries, waitMs) => {
    const next = afterFault(fault, tries)
    assert.strictEqual(next.again ? next.waitMs : undefined, waitMs)
  })

  it("a verdict is repeated only if it is retryable", () => {
    const answer = answerTo({ domain: "a.example", service: "xmpp-server" })
    assert.deepStrictEqual(afterAnswer({ ...answer, retryable: true }, alone), { again: false }) // a yes
    const no = { ...answer, valid: false, ttl: 0 }
    assert.deepStrictEqual(afterAnswer(no, alone), { again: false })
    const undecided = { ...no, verdict: "indeterminate", retryable: true, retryAfterMs: 1_000 } as const
    assert.deepStrictEqual(afterAnswer(undecided, alone), { again: true, waitMs: 1_050 })
    assert.deepStrictEqual(afterAnswer({ ...undecided, retryAfterMs: 60_000 }, alone), { again: false })
  })

  it.each([
    ["120", 120_000],
    ["0", 0],
    ["Thu, 01 Jan 1970 00:00:20 GMT", 10_000],
    ["Thu, 01 Jan 1970 00:00:01 GMT", 0],
    ["999999999", 86_400_000],
    ["soon", undefined],
    ["-1", undefined]
  ])("Retry-After: %s", (value, expected) => assert.strictEqual(retryAfterMs(value, 10_000), expected))
})

describe("endpoints", () => {
  const make = () => new Endpoints(["a", "b", "c"].map((origin) => ({ origin, verify: origin, batch: origin })))
  const none = new Set<number>()

  it("the first is preferred, until it fails, and again after a while", () => {
    const endpoints = make()
    assert.strictEqual(endpoints.choose(0, none), 0)
    endpoints.failed(0, 0)
    assert.strictEqual(endpoints.choose(999, none), 1)
    assert.strictEqual(endpoints.choose(1_000, none), 0)
  })

  it("the while doubles with each failure, counts simultaneous ones once, and ends with an answer", () => {
    const endpoints = make()
    endpoints.failed(0, 0)
    endpoints.failed(0, 10)
    assert.strictEqual(endpoints.choose(1_010, none), 0)
    endpoints.failed(0, 2_000)
    assert.strictEqual(endpoints.choose(3_999, none), 1)
    for (let now = 10_000; now < 1e9; now += 40_000) endpoints.failed(0, now)
    endpoints.failed(0, 1e9 + 40_000)
    assert.strictEqual(endpoints.choose(1e9 + 70_001, none), 0)
    endpoints.failed(0, 2e9, 86_400_000)
    assert.strictEqual(endpoints.choose(2e9 + 30_001, none), 0)
    endpoints.failed(0, 3e9)
    endpoints.answered(0)
    assert.strictEqual(endpoints.choose(3e9, none), 0)
  })

  it("if all failed, the one whose while ends first; what failed this question comes last", () => {
    const endpoints = make()
    endpoints.failed(0, 100)
    endpoints.failed(1, 0)
    endpoints.failed(2, 200)
    assert.strictEqual(endpoints.choose(300, none), 1)
    assert.strictEqual(endpoints.choose(300, new Set([1])), 0)
    assert.strictEqual(endpoints.choose(300, new Set([0, 1, 2])), 1)
  })
})

describe("settings that are errors of the program", () => {
  const good = { endpoints: ["https://posh.example"] }
  const rows: ReadonlyArray<readonly [name: string, settings: unknown]> = [
    ["no endpoint", { endpoints: [] }],
    ["17 endpoints", { endpoints: Array.from({ length: 17 }, () => "https://a.example") }],
    ["no URL", { endpoints: ["posh.example"] }],
    ["plain HTTP to another machine", { endpoints: ["http://posh.example"] }],
    ["plain HTTP to a name that begins as a loopback address", { endpoints: ["http://127.0.0.1.example"] }],
    ["another scheme, even so", { endpoints: ["ftp://posh.example"], plainHttp: true }],
    ["a password", { endpoints: ["https://a:b@posh.example"] }],
    ["a query", { endpoints: ["https://posh.example?a"] }],
    ["a key with a line feed", { ...good, key: "a\nb" }],
    ["an empty key", { ...good, key: "" }],
    ["a time-out of NaN", { ...good, timeoutMs: Number.NaN }],
    ["a time-out of 0", { ...good, timeoutMs: 0 }],
    ["a cache without a bound", { ...good, cache: { entries: Infinity } }],
    ["a batch of 1,001", { ...good, batch: { questions: 1_001 } }],
    ["no fetch", { ...good, fetch: "fetch" }]
  ]
  it.each(rows)("%s", (_, settings) => assert.throws(() => checkSettings(settings as ClientSettings), TypeError))

  it("paths are kept; plain HTTP on this machine, and where it is allowed", () => {
    const endpoints = ["https://a.example/posh", "http://localhost:8080/", "http://[::1]", "http://b.example"]
    const { endpoints: urls } = checkSettings({ endpoints, plainHttp: true })
    assert.deepStrictEqual(urls.map(({ verify }) => verify), [
      "https://a.example/posh/v1/verify",
      "http://localhost:8080/v1/verify",
      "http://[::1]/v1/verify",
      "http://b.example/v1/verify"
    ])
  })
})

describe("the cache", () => {
  const questionOf = (domain: string, options: object = {}) =>
    Result.getOrThrow(prepare({ domain, service: "xmpp-server", certificate: "MAMCAQU=", ...options }))
  const delivery = (ttl: number, more: object = {}, at = 0) => ({
    answer: { ...answerTo({ domain: "a.example", service: "xmpp-server" }), ttl, ...more },
    sentAt: at,
    sentAtWall: at + 1e12,
    jitter: 0,
    hurried: false
  })
  const a = questionOf("a.example")

  const rows: ReadonlyArray<readonly [name: string, now: number, wall: number, ttl: number | undefined]> = [
    ["at once", 0, 0, 10],
    ["the rest is told", 2_500, 2_500, 7],
    ["the last second", 9_000, 9_000, 1],
    ["less than a second", 9_001, 9_001, undefined],
    ["after its end", 10_000, 10_000, undefined],
    ["the wall clock was set back", 10_000, -1e9, undefined],
    ["the machine slept", 0, 10_000, undefined],
    ["the wall clock was set back within its life", 5_000, -1e9, 5]
  ]
  it.each(rows)("10 s, %s", (_, now, wall, ttl) => {
    const cache = new AnswerCache(10)
    cache.keep(a, delivery(10))
    assert.strictEqual(cache.find(a, now, 1e12 + wall)?.ttl, ttl)
    if (ttl === undefined) assert.strictEqual(cache.size, 0)
  })

  it("keeps nothing but a yes with a lifetime, and drops the yes before it", () => {
    const cache = new AnswerCache(10)
    for (
      const other of [
        delivery(0),
        delivery(10, { valid: false }),
        delivery(10, { valid: false, verdict: "indeterminate" })
      ]
    ) {
      cache.keep(a, delivery(10))
      cache.keep(a, other)
      assert.strictEqual(cache.size, 0)
    }
  })

  it("does not answer where the question wants more than an earlier answer", () => {
    const cache = new AnswerCache(10)
    for (const options of [{ refresh: true }, { maxAge: 10 }]) {
      const question = questionOf("a.example", options)
      cache.keep(question, delivery(10))
      assert.isUndefined(cache.find(question, 0, 1e12))
      cache.keep(a, delivery(10))
      cache.keep(question, delivery(0, { valid: false, verdict: "mismatch" }))
      assert.isUndefined(cache.find(a, 0, 1e12)) // what is known to be over does not come back
    }
    cache.keep(a, delivery(10))
    assert.isUndefined(cache.find(questionOf("a.example", { nameCheck: "source" }), 0, 1e12))
    assert.isUndefined(cache.find(questionOf("b.example"), 0, 1e12))
  })

  it("is bounded in entries: the one unused for longest goes", () => {
    const cache = new AnswerCache(2)
    const [b, c] = [questionOf("b.example"), questionOf("c.example")]
    cache.keep(a, delivery(10))
    cache.keep(b, delivery(10))
    cache.find(a, 0, 1e12)
    cache.keep(c, delivery(10))
    assert.isUndefined(cache.find(b, 0, 1e12))
    assert.isDefined(cache.find(a, 0, 1e12))
    assert.strictEqual(cache.size, 2)
  })

  it("is bounded in octets", () => {
    const cache = new AnswerCache(1_000_000)
    const certificate = new Uint8Array(32 * 1024).fill(0x30)
    for (let index = 0; index < 60; index += 1) {
      cache.keep(
        questionOf(`d${index}.example`, {
          certificate: undefined,
          chain: Array.from({ length: 10 }, () => certificate)
        }),
        delivery(10)
      )
    }
    assert.isBelow(cache.size, 40)
    assert.isAbove(cache.size, 30)
  })

  it("of no entries keeps nothing", () => {
    const cache = new AnswerCache(0)
    cache.keep(a, delivery(10))
    assert.strictEqual(cache.size, 0)
  })
})
