import { assert, describe, it } from "@effect/vitest"
import { greenhouse } from "@posh/testing"
import { Context, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Verifier } from "../../../src/Verifier.ts"
import { verify, verifyBy } from "../../asking.ts"
import { makeWeb, testPolicy, verifierOver } from "../../fakeFetcher.ts"
import { ask, draft, next, onlyNext, question, rfc, start } from "../../greenhouse.ts"

describe("negotiation (requirements §9.2)", () => {
  it.effect("NEG-02, NEG-04: the draft is asked only after an authoritative NotPublished", () => {
    const web = makeWeb({ [draft]: { json: greenhouse.jwkSet } })
    return Effect.gen(function*() {
      yield* start
      assert.strictEqual(yield* ask(), "Verified miss")
      assert.deepStrictEqual(web.asked, [rfc, draft])
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("NEG-02: any other outcome of RFC 7711 is final", () =>
    Effect.forEach(
      [
        [{ fault: "ConnectTimeout" }, "ConnectTimeout miss"],
        [{ fault: "TlsCertificateUntrusted" }, "TlsCertificateUntrusted miss"],
        [{ status: 503 }, "ServerError miss"],
        [{ status: 403 }, "AccessDenied miss"],
        [{ json: { fingerprints: [], expires: 60 } }, "EmptyFingerprints miss"],
        [{ json: onlyNext }, "CertificateMismatch miss"] // NEG-05: the draft has it, but is not merged
      ] as const,
      ([page, expected]) => {
        const web = makeWeb({ [rfc]: page, [draft]: { json: greenhouse.jwkSet } })
        return Effect.gen(function*() {
          yield* start
          assert.strictEqual(yield* ask(), expected)
          assert.deepStrictEqual(web.asked, [rfc])
        }).pipe(Effect.provide(verifierOver(web)))
      }
    ))

  it.effect("NEG-04: nothing in either generation is no-material, and both attempts are evidence", () => {
    const web = makeWeb()
    return Effect.gen(function*() {
      yield* start
      const verdict = yield* verify(question)
      assert.strictEqual(verdict.verdict, "no-material")
      assert.deepStrictEqual(verdict.evidence.attempts.map(({ code, generation }) => [generation, code]), [
        ["rfc7711", "NotPublished"],
        ["draft", "NotPublished"]
      ])
      assert.strictEqual(verdict.retryAfterMs, 300_000)
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("NEG-06: a newly published RFC 7711 document takes over after 300 s", () => {
    const web = makeWeb({ [draft]: { json: greenhouse.jwkSet } })
    return Effect.gen(function*() {
      yield* start
      yield* ask()
      web.set(rfc, { json: onlyNext })
      yield* TestClock.adjust("239 seconds")
      assert.strictEqual(yield* ask(), "Verified memory")
      yield* TestClock.adjust("61 seconds")
      assert.strictEqual(yield* ask(), "CertificateMismatch miss")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect.each(["ConnectTimeout", "PinMismatch"] as const)(
    "NEG-06, SEC-30: draft material that is fresh survives an outage (%s) of the RFC 7711 re-check",
    (fault) => {
      const web = makeWeb({ [draft]: { json: greenhouse.jwkSet } })
      return Effect.gen(function*() {
        yield* start
        yield* ask()
        web.set(rfc, { fault })
        yield* TestClock.adjust("301 seconds")
        assert.strictEqual(yield* ask(), "Verified memory")
        yield* TestClock.adjust("24 hours")
        assert.strictEqual(yield* ask(), `${fault} miss`)
      }).pipe(Effect.provide(verifierOver(web)))
    }
  )

  it.effect("SEC-30: an outage never brings superseded draft material back", () => {
    const web = makeWeb({ [draft]: { json: greenhouse.jwkSet } })
    return Effect.gen(function*() {
      yield* start
      yield* ask()
      web.set(rfc, { json: { ...onlyNext, expires: 60 } })
      yield* TestClock.adjust("301 seconds")
      assert.match(yield* ask(), /^CertificateMismatch/)
      web.set(rfc, { fault: "ConnectTimeout" })
      yield* TestClock.adjust("1 hour")
      assert.match(yield* ask(), /^ConnectTimeout/)
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("MAT-43: a refetch during an outage of RFC 7711 keeps the mismatch of the draft", () => {
    const web = makeWeb({ [draft]: { json: { keys: [greenhouse.jwkSet.keys[0]] } } })
    return Effect.gen(function*() {
      yield* start
      yield* ask({ certificate: next })
      web.set(rfc, { fault: "ConnectTimeout" })
      assert.match(yield* ask(), /^CertificateMismatch/)
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("SEC-30: nor draft material from a draft-only question while RFC 7711 material was published", () => {
    const web = makeWeb({ [rfc]: { json: { ...onlyNext, expires: 60 } }, [draft]: { json: greenhouse.jwkSet } })
    return Effect.gen(function*() {
      yield* start
      assert.match(yield* ask(), /^CertificateMismatch/)
      assert.strictEqual(yield* ask({ generations: "draft-only" }), "Verified miss")
      web.set(rfc, { fault: "ConnectTimeout" })
      yield* TestClock.adjust("10 minutes")
      assert.match(yield* ask(), /^ConnectTimeout/)
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("RES-15: material of one service is never used for another", () => {
    const web = makeWeb({ [rfc]: { json: greenhouse.fingerprints } })
    return Effect.gen(function*() {
      yield* start
      yield* ask()
      assert.strictEqual(yield* ask({ service: "xmpp-client" }), "NotPublished miss")
    }).pipe(Effect.provide(verifierOver(web)))
  })
})

describe("negative entries, deadlines, forget", () => {
  it.effect("CAC-31, CAC-32: remembers a failure; a refresh on demand asks again, once in 10 s", () => {
    const web = makeWeb({ [rfc]: { fault: "ConnectTimeout" } })
    return Effect.gen(function*() {
      yield* start
      assert.strictEqual(yield* ask(), "ConnectTimeout miss")
      assert.strictEqual(yield* ask(), "ConnectTimeout memory")
      web.set(rfc, { json: greenhouse.fingerprints })
      assert.strictEqual(yield* ask({ refresh: true }), "Verified miss")
      assert.strictEqual(yield* ask({ refresh: true }), "Verified memory")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* ask({ refresh: true }), "Verified miss")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("REQ-07: answers at the deadline, never positively", () => {
    const web = makeWeb({ [rfc]: { never: true } })
    return Effect.gen(function*() {
      yield* start
      const fiber = yield* Effect.forkChild(ask({ deadlineMs: 700 }))
      yield* TestClock.adjust("700 millis")
      assert.strictEqual(yield* Fiber.join(fiber), "DeadlineExceeded miss")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("RES-91: an attempt ends after 12 s", () => {
    const web = makeWeb({ [rfc]: { never: true } })
    return Effect.gen(function*() {
      yield* start
      const fiber = yield* Effect.forkChild(ask({ deadlineMs: 30_000 }))
      yield* TestClock.adjust("12 seconds")
      assert.strictEqual(yield* Fiber.join(fiber), "ResponseTimeout miss")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("SEC-12: a deadline that passes in a queue has its own code", () => {
    const web = makeWeb({ [rfc]: { never: true }, [rfc.replace("server", "client")]: { never: true } })
    return Effect.gen(function*() {
      yield* start
      const first = yield* Effect.forkChild(ask({ deadlineMs: 5_000 }))
      yield* TestClock.adjust("1 millis")
      const second = yield* Effect.forkChild(ask({ service: "xmpp-client", deadlineMs: 700 }))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* Fiber.join(first), "DeadlineExceeded miss")
      assert.strictEqual(yield* Fiber.join(second), "RateLimitedLocally miss")
    }).pipe(Effect.provide(verifierOver(web, {
      ...testPolicy,
      budgets: { ...testPolicy.budgets, perSourceConcurrent: 1 }
    })))
  })

  it.effect("SEC-02: a defect is InternalError, and is not cached", () => {
    const web = makeWeb({ [rfc]: { defect: "a fault of ours" } })
    return Effect.gen(function*() {
      yield* start
      assert.strictEqual(yield* ask(), "InternalError miss")
      web.set(rfc, { json: greenhouse.fingerprints })
      assert.strictEqual(yield* ask(), "Verified miss")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("a verifier that stops answers waiting questions: Cancelled", () => {
    const web = makeWeb({ [rfc]: { never: true } })
    return Effect.gen(function*() {
      yield* start
      const scope = yield* Scope.make()
      const verifier = Context.get(yield* Layer.buildWithScope(verifierOver(web), scope), Verifier)
      const waiting = yield* Effect.forkChild(verifyBy(verifier, question))
      yield* Effect.yieldNow
      yield* Scope.close(scope, Exit.void)
      const verdict = yield* Fiber.join(waiting)
      assert.deepInclude(verdict, { code: "Cancelled", valid: false, retryable: true })
    })
  })

  it.effect("SEC-12: an attempt that times out in one of our queues is not blamed on the origin", () => {
    const hops = Array.from({ length: 8 }, (_, index) =>
      [
        index === 0 ? rfc : `https://chat.orchard.example/${index}`,
        { status: 302, headers: [["location", `/${index + 1}`]] }
      ] as const)
    const web = makeWeb(Object.fromEntries(hops))
    const budgets = { ...testPolicy.budgets, perSourcePerMinute: 6 } // six at once, then one in 10 s
    return Effect.gen(function*() {
      yield* start
      const fiber = yield* Effect.forkChild(ask({ deadlineMs: 30_000 }))
      yield* TestClock.adjust("12 seconds")
      assert.strictEqual(yield* Fiber.join(fiber), "RateLimitedLocally miss")
      yield* TestClock.adjust("5 minutes")
      web.set(rfc, { json: greenhouse.fingerprints })
      assert.strictEqual(yield* ask(), "Verified miss")
    }).pipe(Effect.provide(verifierOver(web, { ...testPolicy, budgets })))
  })

  it.effect("SEC-12: a request waits for its turn and is then made", () => {
    const web = makeWeb({ [rfc]: { never: true } })
    const budgets = { ...testPolicy.budgets, perSourceConcurrent: 1 }
    return Effect.gen(function*() {
      yield* start
      const first = yield* Effect.forkChild(ask({ deadlineMs: 30_000 }))
      yield* TestClock.adjust("1 millis")
      const second = yield* Effect.forkChild(ask({ service: "xmpp-client", deadlineMs: 30_000 }))
      yield* TestClock.adjust("12 seconds")
      assert.strictEqual(yield* Fiber.join(first), "ResponseTimeout miss")
      yield* TestClock.adjust("12 seconds")
      assert.strictEqual(yield* Fiber.join(second), "NotPublished miss")
    }).pipe(Effect.provide(verifierOver(web, { ...testPolicy, budgets })))
  })

  it.effect("a question object that is changed and put again is a new question", () => {
    const web = makeWeb({ [rfc]: { json: greenhouse.fingerprints } })
    return Effect.gen(function*() {
      yield* start
      const reused = { ...question }
      const verifier = yield* Verifier
      assert.isTrue((yield* verifyBy(verifier, reused)).valid)
      reused.service = "xmpp-client"
      assert.strictEqual((yield* verifyBy(verifier, reused)).code, "NotPublished")
      const frozen = Object.freeze({ ...question })
      assert.isTrue((yield* verifyBy(verifier, frozen)).valid && (yield* verifyBy(verifier, frozen)).valid)
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("forget: the next question resolves again", () => {
    const web = makeWeb({ [rfc]: { json: greenhouse.fingerprints } })
    return Effect.gen(function*() {
      yield* start
      yield* ask()
      yield* Verifier.use((verifier) => verifier.forget("chat.orchard.example", "xmpp-server"))
      assert.strictEqual(yield* ask(), "Verified miss")
    }).pipe(Effect.provide(verifierOver(web)))
  })

  it.effect("a stampede of 1,000 questions about one cold domain makes one resolution", () => {
    const web = makeWeb({ [rfc]: { json: greenhouse.fingerprints } })
    return Effect.gen(function*() {
      yield* start
      const answers = yield* Effect.forEach(Array.from({ length: 1_000 }), () => ask(), { concurrency: "unbounded" })
      assert.strictEqual(web.asked.length, 1)
      assert.isTrue(answers.every((answer) => answer.startsWith("Verified")))
    }).pipe(Effect.provide(verifierOver(web)))
  })
})
