import { assert, describe, it } from "@effect/vitest"
import { greenhouse } from "@posh/testing"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { verify } from "../asking.ts"
import { makeWeb, testPolicy, verifierOver } from "../fakeFetcher.ts"
import { ask, at, draft, fingerprints, next, onlyNext, question, rfc, start } from "../greenhouse.ts"

describe("RFC 7711 material", () => {
  it.effect("CAC-10: serves from memory until fresh-until, then asks again", () => {
    const web = makeWeb({ [rfc]: { json: fingerprints(3_600) } })
    return Effect.gen(function*() {
      yield* start
      assert.strictEqual(yield* ask(), "Verified miss")
      yield* TestClock.adjust("2879 seconds")
      assert.strictEqual(yield* ask(), "Verified memory")
      assert.strictEqual(web.asked.length, 1)
      yield* TestClock.adjust("721 seconds")
      assert.strictEqual(yield* ask(), "Verified miss")
      assert.strictEqual(web.asked.length, 2)
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("CAC-10: the lower lifetime of reference and fingerprints governs", () => {
    const target = "https://xmpp.greenhouse.example/tenants/orchard/posh.json"
    const web = makeWeb({ [rfc]: { json: { url: target, expires: 600 } }, [target]: { json: fingerprints(86_400) } })
    return Effect.gen(function*() {
      yield* start
      const verdict = yield* verify(question)
      assert.strictEqual(verdict.validUntil, Date.parse("2026-07-01T00:10:00Z"))
      assert.isAtLeast(verdict.refreshAfter ?? 0, Date.parse("2026-07-01T00:08:00Z"))
      assert.isBelow(verdict.refreshAfter ?? 0, Date.parse("2026-07-01T00:09:00Z"))
      assert.strictEqual(verdict.evidence.delegation, "reference")
      assert.strictEqual(verdict.evidence.delegatedDomain, "xmpp.greenhouse.example")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("CAC-02, CAC-11, FMT-48: clamps a lifetime to 7 days", () => {
    const web = makeWeb({ [rfc]: { json: fingerprints(1e300) } })
    return Effect.gen(function*() {
      yield* start
      const verdict = yield* verify(question)
      assert.strictEqual(verdict.validUntil, Date.parse("2026-07-08T00:00:00Z"))
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("RES-50: subtracts Age", () => {
    const web = makeWeb({ [rfc]: { json: fingerprints(600), headers: [["age", "500"]] } })
    return Effect.gen(function*() {
      yield* start
      yield* ask()
      yield* TestClock.adjust("100 seconds")
      assert.strictEqual(yield* ask(), "Verified miss")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("CAC-33: is never served after it expired, whatever the origin does", () => {
    const web = makeWeb({ [rfc]: { json: fingerprints(600) } })
    return Effect.gen(function*() {
      yield* start
      yield* ask()
      web.set(rfc, { fault: "ConnectTimeout" })
      yield* TestClock.adjust("599 seconds")
      assert.strictEqual(yield* ask(), "Verified memory")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* ask(), "ConnectTimeout memory") // the refresh ahead has just failed
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* ask(), "ConnectTimeout miss")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("CAC-34: refreshes ahead between 80 and 90 % for keys in use, without delaying an answer", () => {
    const web = makeWeb({ [rfc]: { json: fingerprints(1_000) } })
    return Effect.gen(function*() {
      yield* start
      yield* ask()
      yield* TestClock.adjust("799 seconds")
      assert.strictEqual(yield* ask(), "Verified memory")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(web.asked.length, 1)
      yield* TestClock.adjust("100 seconds")
      assert.strictEqual(yield* ask(), "Verified memory")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(web.asked.length, 2)
      yield* TestClock.adjust("800 seconds") // after the first fetch's lifetime
      assert.strictEqual(yield* ask(), "Verified memory")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("CAC-35: a wall clock that is set back does not extend the lifetime", () => {
    const web = makeWeb({ [rfc]: { json: fingerprints(600) } })
    return Effect.gen(function*() {
      yield* start
      yield* ask()
      yield* TestClock.adjust("10 minutes")
      yield* at("2026-07-01T00:05:00Z")
      assert.strictEqual(yield* ask(), "Verified miss")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("maxAge: resolves older material again, and is indeterminate if the origin cannot be reached", () => {
    const web = makeWeb({ [rfc]: { json: fingerprints(86_400) } })
    return Effect.gen(function*() {
      yield* start
      yield* ask()
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual(yield* ask({ maxAge: 60 }), "Verified memory")
      assert.strictEqual(yield* ask({ maxAge: 59 }), "Verified miss")
      web.set(rfc, { fault: "ConnectTimeout" })
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual(yield* ask({ maxAge: 10 }), "ConnectTimeout miss")
      assert.strictEqual(yield* ask(), "Verified memory")
    }).pipe(Effect.provide(verifierOver(web)))
  })
})

describe("a mismatch from memory (MAT-43)", () => {
  it.effect("asks the origin once more, at most once in 60 s", () => {
    const web = makeWeb({ [rfc]: { json: onlyNext } })
    return Effect.gen(function*() {
      yield* start
      assert.strictEqual(yield* ask(), "CertificateMismatch miss")
      web.set(rfc, { json: greenhouse.fingerprints })
      assert.strictEqual(yield* ask(), "Verified miss")
      web.set(rfc, { json: onlyNext })
      yield* ask({ refresh: true })
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual(yield* ask({ refresh: true }), "CertificateMismatch miss")
      const before = web.asked.length
      assert.strictEqual(yield* ask(), "CertificateMismatch memory")
      assert.strictEqual(web.asked.length, before)
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual(yield* ask(), "CertificateMismatch miss")
      assert.strictEqual(web.asked.length, before + 1)
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("8.1: a refetch that finds nothing usable keeps the cached material", () => {
    const web = makeWeb({ [rfc]: { json: onlyNext } })
    return Effect.gen(function*() {
      yield* start
      assert.strictEqual(yield* ask({ certificate: next }), "Verified miss")
      web.set(rfc, { status: 403 })
      assert.match(yield* ask(), /^CertificateMismatch/)
      assert.strictEqual(yield* ask({ certificate: next }), "Verified memory")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("CAC-30: a refetch that finds a withdrawal evicts the cached material", () => {
    const web = makeWeb({ [rfc]: { json: onlyNext } })
    return Effect.gen(function*() {
      yield* start
      yield* ask({ certificate: next })
      web.set(rfc, { json: { ...onlyNext, expires: 0 } })
      assert.strictEqual(yield* ask(), "MaterialWithdrawn miss")
      assert.strictEqual(yield* ask({ certificate: next }), "MaterialWithdrawn memory")
    }).pipe(Effect.provide(verifierOver(web)))
  })
})

describe("draft material (CAC-20…22)", () => {
  const policy = { ...testPolicy, generations: "draft-only" as const }

  it.effect("expires with its certificates, and is resolved again after 24 h", () => {
    const web = makeWeb({ [draft]: { json: greenhouse.jwkSet } })
    return Effect.gen(function*() {
      yield* start
      const verdict = yield* verify(question)
      assert.strictEqual(verdict.evidence.lifetime?.expiresAt, Date.parse("2036-06-05T00:00:00Z"))
      assert.strictEqual(verdict.validUntil, Date.parse("2026-07-02T00:00:00Z"))
      yield* TestClock.adjust("24 hours")
      assert.strictEqual(yield* ask(), "Verified miss")
    }).pipe(Effect.provide(verifierOver(web, policy)))
  })

  it.effect.each(["ConnectTimeout", "PinMismatch"] as const)(
    "SEC-30: serves stale for 7 days if the origin cannot be reached (%s), with back-off, and no longer",
    (fault) => {
      const web = makeWeb({ [draft]: { json: greenhouse.jwkSet } })
      return Effect.gen(function*() {
        yield* start
        yield* ask()
        web.set(draft, { fault })
        yield* TestClock.adjust("25 hours")
        const verdict = yield* verify(question)
        assert.strictEqual(verdict.code, "Verified")
        assert.strictEqual(verdict.evidence.attempts[0]?.revalidation, "overdue")
        assert.isAbove(verdict.validUntil ?? 0, verdict.decidedAt)
        const before = web.asked.length
        assert.strictEqual(yield* ask(), "Verified memory")
        assert.strictEqual(web.asked.length, before)
        yield* TestClock.adjust("142 hours")
        assert.strictEqual(yield* ask(), "Verified miss")
        yield* TestClock.adjust("2 hours")
        assert.strictEqual(yield* ask(), `${fault} miss`)
      }).pipe(Effect.provide(verifierOver(web, policy)))
    }
  )

  it.effect("without a grace period expires when it is stale, and not before", () => {
    const web = makeWeb({ [draft]: { json: greenhouse.jwkSet } })
    return Effect.gen(function*() {
      yield* start
      const { evidence } = yield* verify(question)
      assert.strictEqual(evidence.lifetime?.graceUntil, evidence.lifetime?.revalidateAt)
      web.set(draft, { fault: "ConnectTimeout" })
      yield* TestClock.adjust("19 hours")
      assert.strictEqual(yield* ask(), "Verified memory")
      yield* TestClock.adjust("5 hours")
      assert.strictEqual(yield* ask(), "ConnectTimeout miss")
    }).pipe(Effect.provide(verifierOver(web, { ...policy, draftGraceMs: 0 })))
  })

  it.effect("is evicted at once when a revalidation finds nothing published", () => {
    const web = makeWeb({ [draft]: { json: greenhouse.jwkSet } })
    return Effect.gen(function*() {
      yield* start
      yield* ask()
      web.set(draft, { status: 404 })
      yield* TestClock.adjust("25 hours")
      assert.strictEqual(yield* ask(), "NotPublished miss")
    }).pipe(Effect.provide(verifierOver(web, policy)))
  })
})
