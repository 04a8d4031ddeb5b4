/**
 * No positive answer after the expiry of anything it rests on, at the time of the decision (POSH-MAT-02, POSH-MAT-63,
 * POSH-CAC-12, POSH-CAC-33).
 */
import { assert, describe, it } from "@effect/vitest"
import { greenhouse, jwkSetDocument, selfSigned } from "@posh/testing"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { hash } from "node:crypto"
import type { Policy } from "../../src/Policy.ts"
import type { Question } from "../../src/question/Question.ts"
import { verify as verifyQuestion } from "../asking.ts"
import { makeWeb, type Page, testPolicy, verifierOver } from "../fakeFetcher.ts"
import { draft, fingerprints, question, rfc, start } from "../greenhouse.ts"

const verify = (more: Partial<Question> = {}) => verifyQuestion({ ...question, ...more })
const now = Date.parse("2026-07-01T00:00:00Z")
const hour = 3_600_000

/** A certificate that expires in a number of milliseconds. */
const ending = (ms: number) => selfSigned({ notBefore: new Date(now - hour), notAfter: new Date(now + ms) })

describe("RES-50: a document that an intermediary held beyond `expires` has expired on arrival", () => {
  const age = (seconds: number | string) => [["age", String(seconds)]] as const
  const target = "https://xmpp.greenhouse.example/tenants/orchard/posh.json"
  const rows: ReadonlyArray<
    readonly [name: string, pages: Record<string, Page>, generations: Question["generations"]]
  > = [
    ["by a month", { [rfc]: { json: fingerprints(3_600), headers: age(2_592_000) } }, "rfc-only"],
    ["by more than fits", { [rfc]: { json: fingerprints(3_600), headers: age("9".repeat(400)) } }, "rfc-only"],
    [
      "by one of two intermediaries",
      { [rfc]: { json: fingerprints(3_600), headers: [...age(0), ...age("x"), ...age(3_600)] } },
      "rfc-only"
    ],
    ["by one of a list", { [rfc]: { json: fingerprints(3_600), headers: age("3600, 0") } }, "rfc-only"],
    ["to the second", { [rfc]: { json: fingerprints(3_600), headers: age(3_600) } }, "rfc-only"],
    [
      "where it is the reference",
      { [rfc]: { json: { url: target, expires: 60 }, headers: age(61) }, [target]: { json: fingerprints(3_600) } },
      "rfc-only"
    ],
    [
      "where it is what the reference names",
      { [rfc]: { json: { url: target, expires: 3_600 } }, [target]: { json: fingerprints(60), headers: age(9_999) } },
      "rfc-only"
    ],
    [
      "a JWK Set with expires",
      { [draft]: { json: { ...greenhouse.jwkSet, expires: 60 }, headers: age(60) } },
      "draft-only"
    ]
  ]
  it.effect.each(rows)("%s", ([, pages, generations]) => {
    const web = makeWeb(pages)
    return Effect.gen(function*() {
      yield* start
      const more = { generations: generations ?? "rfc-only" }
      const { code, valid, verdict } = yield* verify(more)
      assert.deepStrictEqual([valid, verdict, code], [false, "unusable-material", "AllMaterialExpired"])
      const { length } = web.asked
      yield* verify(more)
      assert.strictEqual(web.asked.length, length, "and it is remembered that it is, so that nobody is asked each time")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("one second less leaves one second", () =>
    Effect.gen(function*() {
      yield* start
      const verdict = yield* verify()
      assert.deepStrictEqual([verdict.code, verdict.validUntil], ["Verified", now + 1_000])
    }).pipe(Effect.provide(verifierOver(makeWeb({ [rfc]: { json: fingerprints(3_600), headers: age(3_599) } })))))
})

describe("the time of the decision", () => {
  const later = (ms: number, more: Partial<Question> = {}) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(verify(more))
      yield* TestClock.adjust(ms)
      return yield* Fiber.join(fiber)
    })

  it.effect("is after the origin answered, so that the remaining time is not counted twice", () =>
    Effect.gen(function*() {
      yield* start
      const { decidedAt, validUntil } = yield* later(4_000)
      assert.deepStrictEqual([decidedAt, validUntil], [now + 4_000, now + 10_000])
    }).pipe(Effect.provide(verifierOver(makeWeb({ [rfc]: { json: fingerprints(10) } }, 4_000)))))

  it.effect("CAC-12: the question that triggers the fetch may use material that expired meanwhile, and says so", () =>
    Effect.gen(function*() {
      yield* start
      const { decidedAt, refreshAfter, valid, validUntil } = yield* later(4_000)
      assert.deepStrictEqual([valid, validUntil, decidedAt], [true, now + 1_000, now + 4_000])
      assert.strictEqual(refreshAfter, decidedAt)
    }).pipe(Effect.provide(verifierOver(makeWeb({ [rfc]: { json: fingerprints(1) } }, 4_000)))))

  it.effect("CAC-12: no later question may, even if it waited for the same request", () => {
    const web = makeWeb({ [rfc]: { json: fingerprints(1) } }, 4_000)
    return Effect.gen(function*() {
      yield* start
      const first = yield* Effect.forkChild(verify())
      yield* TestClock.adjust("3500 millis")
      const second = yield* Effect.forkChild(verify())
      yield* TestClock.adjust("500 millis")
      assert.strictEqual((yield* Fiber.join(first)).code, "Verified")
      assert.isUndefined(second.pollUnsafe(), "it asks itself")
      yield* TestClock.adjust("4 seconds")
      const { cache, decidedAt, validUntil } = yield* Fiber.join(second)
      assert.deepStrictEqual([cache, validUntil], ["miss", now + 5_000])
      assert.strictEqual(decidedAt, now + 8_000)
      assert.strictEqual(web.asked.length, 2)
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("MAT-02: a certificate that expires while the origin is asked is no longer valid", () =>
    Effect.gen(function*() {
      yield* start
      const { der } = yield* ending(3_000)
      const verdict = yield* later(6_000, { certificate: Buffer.from(der).toString("base64") })
      assert.deepStrictEqual([verdict.verdict, verdict.code], ["certificate-invalid", "PresentedCertificateExpired"])
    }).pipe(Effect.provide(verifierOver(makeWeb({ [rfc]: { json: fingerprints(86_400) } }, 6_000)))))

  it.effect("CAC-31: retryAfterMs counts from the decision, and keeps its cap", () =>
    Effect.gen(function*() {
      yield* start
      const { retryAfterMs } = yield* later(300)
      assert.strictEqual(retryAfterMs, 3_600_000)
    }).pipe(
      Effect.provide(verifierOver(makeWeb({ [rfc]: { status: 429, headers: [["retry-after", "999999999"]] } }, 300)))
    ))
})

describe("MAT-63, CAC-21: the published certificate that matched expires too", () => {
  const rows: ReadonlyArray<readonly [name: string, policy: Policy, asked: "fingerprint" | "renewed"]> = [
    ["a question by fingerprint", testPolicy, "fingerprint"],
    ["another certificate for its key (MAT-11)", { ...testPolicy, match: "spki" }, "renewed"]
  ]
  it.effect.each(rows)("%s", ([, policy, asked]) =>
    Effect.gen(function*() {
      yield* start
      const [brief, long] = [yield* ending(hour), yield* ending(300 * 24 * hour)]
      const web = makeWeb({ [draft]: { json: jwkSetDocument([brief, long]) } })
      const renewed = yield* selfSigned({
        notBefore: new Date(now - hour),
        notAfter: new Date(now + 90 * 24 * hour),
        keys: brief.keys
      })
      const { certificate: _, ...subject } = question
      const presented = asked === "fingerprint"
        ? { fingerprint: { "sha-256": hash("sha256", brief.der, "base64") } }
        : { certificate: Buffer.from(renewed.der).toString("base64") }
      const verdict = yield* Effect.provide(
        verifyQuestion({ ...subject, ...presented }),
        verifierOver(web, policy)
      )
      assert.deepStrictEqual([verdict.code, verdict.validUntil], ["Verified", now + hour])
      assert.isAtMost(verdict.refreshAfter ?? Infinity, now + hour)
    }))
})

describe("refreshAfter: the earliest instant at which the origin is asked again", () => {
  const refreshAfter = Effect.map(verify(), (verdict) => verdict.refreshAfter ?? 0)
  const json = fingerprints(86_400)

  it.effect("CAC-34: it is the instant of the refresh ahead", () => {
    const web = makeWeb({ [rfc]: { json } })
    return Effect.gen(function*() {
      yield* start
      const told = yield* refreshAfter
      assert.isTrue(told >= now + 0.8 * 24 * hour && told < now + 0.9 * 24 * hour)
      yield* TestClock.adjust(told - now - 1)
      assert.strictEqual(yield* refreshAfter, told)
      assert.strictEqual(web.asked.length, 1)
      yield* TestClock.adjust(1)
      yield* verify()
      yield* TestClock.adjust(1)
      assert.strictEqual(web.asked.length, 2)
      assert.isAbove(yield* refreshAfter, told)
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("CAC-31: after a refresh ahead that failed it is the end of the back-off", () => {
    const web = makeWeb({ [rfc]: { json } })
    return Effect.gen(function*() {
      yield* start
      yield* TestClock.adjust((yield* refreshAfter) - now)
      web.set(rfc, { status: 503 })
      yield* verify()
      yield* TestClock.adjust(1)
      const told = yield* refreshAfter
      yield* TestClock.adjust(told - (yield* Clock.currentTimeMillis) - 1)
      yield* verify()
      assert.strictEqual(web.asked.length, 2)
      yield* TestClock.adjust(1)
      yield* verify()
      yield* TestClock.adjust(1)
      assert.strictEqual(web.asked.length, 3)
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("CAC-22: while draft material is stale it is the next try, and never in the past", () => {
    const web = makeWeb({ [draft]: { json: greenhouse.jwkSet } })
    return Effect.gen(function*() {
      yield* start
      yield* verify({ generations: "draft-only" })
      web.set(draft, { status: 503 })
      yield* TestClock.adjust("25 hours")
      const verdict = yield* verify({ generations: "draft-only" })
      assert.strictEqual(verdict.code, "Verified")
      assert.strictEqual(verdict.refreshAfter, verdict.validUntil)
      assert.isAbove(verdict.refreshAfter ?? 0, verdict.decidedAt)
    }).pipe(Effect.provide(verifierOver(web)))
  })
})
