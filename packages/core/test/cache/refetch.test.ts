/**
 * Requests to an origin although an entry is cached: when, how often, and with which answer (POSH-CAC-31, POSH-CAC-32,
 * POSH-MAT-43).
 */
import { assert, describe, it } from "@effect/vitest"
import { greenhouse, selfSigned } from "@posh/testing"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { Question } from "../../src/question/Question.ts"
import { Verifier } from "../../src/Verifier.ts"
import { verify as verifyQuestion } from "../asking.ts"
import { makeWeb, type Page, testPolicy, verifierOver } from "../fakeFetcher.ts"
import { ask, draft, fingerprints, next, onlyNext, question, rfc, start } from "../greenhouse.ts"

const verify = (more: Partial<Question> = {}) => verifyQuestion({ ...question, ...more })
const wrong = { certificate: next }
const onlyCurrent = { fingerprints: [greenhouse.fingerprints.fingerprints[1]], expires: 86_400 }

/** A certificate that no domain publishes. */
const { der } = await Effect.runPromise(
  selfSigned({ notBefore: new Date("2026-01-01T00:00:00Z"), notAfter: new Date("2030-01-01T00:00:00Z") })
)
const stranger = { certificate: Buffer.from(der).toString("base64") }
/** An entry of the greenhouse, with an issuer that did not sign it. */
const entry = greenhouse.jwkSet.keys.find(({ x5c }) => x5c[0] === question.certificate)
const brokenChain = { ...entry, x5c: [entry?.x5c[0], stranger.certificate] }

/** Asks one question repeatedly with a pause after each, and returns all answers. */
const storm = (times: number, pauseMs: number, more: Partial<Question>) =>
  Effect.gen(function*() {
    const fibers: Array<Fiber.Fiber<string, unknown>> = []
    for (let index = 0; index < times; index += 1) {
      fibers.push(yield* Effect.forkChild(Effect.map(verify(more), ({ cache, code }) => `${code} ${cache}`)))
      yield* TestClock.adjust(pauseMs)
    }
    yield* TestClock.adjust("30 seconds")
    return yield* Effect.forEach(fibers, Fiber.join)
  })

describe("CAC-31: a caller prolongs no back-off", () => {
  const rows: ReadonlyArray<readonly [name: string, more: Partial<Question>, most: number]> = [
    ["by maxAge", { maxAge: 0 }, 1],
    ["by another maxAge", { maxAge: 3_600 }, 1],
    ["by refresh, as often as it may", { refresh: true }, 4]
  ]
  it.effect.each(rows)("%s", ([, more, most]) => {
    const web = makeWeb({ [rfc]: { status: 503 } })
    return Effect.gen(function*() {
      yield* start
      yield* verify()
      const until = (yield* verify()).retryAfterMs ?? 0
      for (let second = 0; second < 24; second += 1) {
        yield* TestClock.adjust("1 second")
        yield* verify(more)
      }
      assert.isAtMost(web.asked.length, most)
      const { code, retryAfterMs } = yield* verify()
      assert.deepStrictEqual([code, retryAfterMs], ["ServerError", until - 24_000])
      web.set(rfc, { json: fingerprints(3_600) })
      yield* TestClock.adjust(until - 24_000)
      assert.strictEqual(yield* ask(), "Verified miss")
    }).pipe(Effect.provide(verifierOver(web)))
  })
})

describe("CAC-32: one limit for all reasons of a refetch", () => {
  const pages: Record<string, Record<string, Page>> = {
    rfc7711: { [rfc]: { json: fingerprints(86_400) } },
    draft: { [draft]: { json: greenhouse.jwkSet } }
  }
  const rows = (["rfc7711", "draft"] as const).flatMap((generation) =>
    ([{ maxAge: 0 }, { maxAge: 3 }, { refresh: true }] as const).map((more) => ({ generation, more }))
  )
  it.effect.each(rows)("$generation, asked ten times a second with $more: once in 10 s", ({ generation, more }) => {
    const web = makeWeb(pages[generation], 300)
    return Effect.gen(function*() {
      yield* start
      yield* storm(1, 0, {})
      const { length } = web.asked
      const answers = yield* storm(200, 100, more)
      assert.isAtMost(web.asked.length - length, 3 * (generation === "draft" && "refresh" in more ? 2 : 1))
      assert.isTrue(answers.every((answer) => answer.startsWith("Verified")), answers.join())
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("refresh and maxAge share it", () => {
    const web = makeWeb({ [rfc]: { json: fingerprints(86_400) } })
    return Effect.gen(function*() {
      yield* start
      yield* ask()
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* ask({ refresh: true }), "Verified miss")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* ask({ maxAge: 0 }), "Verified memory")
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual(yield* ask({ maxAge: 0 }), "Verified miss")
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual(yield* ask({ refresh: true }), "Verified memory")
      assert.strictEqual(web.asked.length, 3)
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("material older than maxAge does not serve after a recent refetch that failed", () => {
    const web = makeWeb({ [rfc]: { json: fingerprints(86_400) } })
    return Effect.gen(function*() {
      yield* start
      yield* ask()
      yield* TestClock.adjust("1 hour")
      web.set(rfc, { fault: "ResolverOverloaded" }) // no statement about the origin, so it is not cached
      assert.strictEqual(yield* ask({ maxAge: 60 }), "ResolverOverloaded miss")
      yield* TestClock.adjust("4 seconds")
      const { code, retryAfterMs } = yield* verify({ maxAge: 60 })
      assert.deepStrictEqual([code, retryAfterMs], ["RateLimitedLocally", 6_000])
      assert.strictEqual(yield* ask(), "Verified memory")
    }).pipe(Effect.provide(verifierOver(web)))
  })
})

describe("MAT-43: wrong certificates cause one request in 60 s", () => {
  const rows: ReadonlyArray<readonly [name: string, pages: Record<string, Page>, delayMs: number, most: number]> = [
    ["a draft domain", { [draft]: { json: greenhouse.jwkSet } }, 300, 2],
    ["an RFC 7711 domain", { [rfc]: { json: onlyCurrent } }, 300, 1],
    ["a slow one, so that something is always under way", { [draft]: { json: greenhouse.jwkSet } }, 2_000, 2]
  ]
  it.effect.each(rows)("%s", ([, pages, delayMs, most]) => {
    const web = makeWeb(pages, delayMs)
    return Effect.gen(function*() {
      yield* start
      yield* storm(1, 10_000, {})
      const { length } = web.asked
      const answers = yield* storm(40, 250, stranger)
      assert.isTrue(answers.every((answer) => answer.startsWith("CertificateMismatch")), answers.join())
      assert.isAtMost(web.asked.length - length, most)
      assert.match((yield* storm(1, 0, {})).join(), /^Verified/)
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("whichever code the mismatch has", () => {
    const web = makeWeb({ [draft]: { json: { keys: [brokenChain] } } })
    return Effect.gen(function*() {
      yield* start
      const asked = { generations: "draft-only", chainCheck: "require" } as const
      assert.strictEqual(yield* ask(asked), "ChainInvalid miss")
      web.set(draft, { json: greenhouse.jwkSet })
      yield* TestClock.adjust("61 seconds")
      assert.strictEqual(yield* ask(asked), "Verified miss")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("also if no name of the certificate matches: the delegated domain may have changed", () => {
    const target = "https://elsewhere.example/posh.json"
    const web = makeWeb({ [rfc]: { json: { url: target, expires: 3_600 } }, [target]: { json: fingerprints(3_600) } })
    return Effect.gen(function*() {
      yield* start
      const asked = { nameCheck: "source-or-delegated" } as const
      assert.strictEqual(yield* ask(asked), "NameCheckFailed miss")
      yield* TestClock.adjust("61 seconds")
      const { length } = web.asked
      assert.strictEqual(yield* ask(asked), "NameCheckFailed miss")
      assert.strictEqual(web.asked.length, length + 2)
    }).pipe(Effect.provide(verifierOver(web)))
  })
})

describe("CAC-32: a question that needs newer material starts a flight after the one under way", () => {
  const rows: ReadonlyArray<readonly [name: string, more: Partial<Question>]> = [
    ["refresh", { refresh: true }],
    ["maxAge", { maxAge: 0 }]
  ]
  it.effect.each(rows)("%s", ([, more]) => {
    const web = makeWeb({ [rfc]: { json: onlyNext } }, 2_000)
    return Effect.gen(function*() {
      yield* start
      const first = yield* Effect.forkChild(verify(wrong))
      yield* TestClock.adjust("500 millis")
      web.set(rfc, { json: onlyCurrent }) // the certificate was stolen, and is withdrawn
      yield* TestClock.adjust("500 millis")
      const second = yield* Effect.forkChild(verify({ ...wrong, ...more }))
      const third = yield* Effect.forkChild(verify({ ...more }))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(first)).code, "Verified")
      assert.strictEqual((yield* Fiber.join(second)).code, "CertificateMismatch")
      assert.strictEqual((yield* Fiber.join(third)).code, "Verified")
      assert.strictEqual(web.asked.length, 2)
      assert.strictEqual(yield* ask(), "Verified memory")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("but no longer than its deadline", () => {
    const web = makeWeb({ [rfc]: { json: onlyCurrent } }, 2_000)
    return Effect.gen(function*() {
      yield* start
      yield* Effect.forkChild(verify())
      yield* TestClock.adjust("1 second")
      const hasty = yield* Effect.forkChild(verify({ refresh: true, deadlineMs: 1_500 }))
      yield* TestClock.adjust("1500 millis")
      assert.strictEqual((yield* Fiber.join(hasty)).code, "DeadlineExceeded")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("and an ordinary one uses the result of the flight, unless that has expired", () => {
    const web = makeWeb({ [rfc]: { json: onlyCurrent } }, 2_000)
    return Effect.gen(function*() {
      yield* start
      assert.deepStrictEqual(yield* storm(4, 500, {}), [
        "Verified miss",
        "Verified coalesced",
        "Verified coalesced",
        "Verified coalesced"
      ])
      assert.strictEqual(web.asked.length, 1)
    }).pipe(Effect.provide(verifierOver(web)))
  })
})

it.effect("SEC-12: a refusal by a limit of ours has a retryAfterMs", () => {
  const web = makeWeb({ [rfc]: { status: 503 } })
  const policy = { ...testPolicy, budgets: { ...testPolicy.budgets, perSourcePerMinute: 1 } }
  return Effect.gen(function*() {
    yield* start
    yield* verify()
    yield* Verifier.use(({ forget }) => forget(question.domain, question.service))
    const { code, retryAfterMs } = yield* verify()
    assert.deepStrictEqual([code, retryAfterMs], ["RateLimitedLocally", 60_000])
  }).pipe(Effect.provide(verifierOver(web, policy)))
})
