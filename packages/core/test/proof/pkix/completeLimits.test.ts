/** What fetching issuers may cost: time, requests, and resolutions of a caller. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { issuerLimits } from "../../../src/Limits.ts"
import { CallerBudget } from "../../../src/question/CallerBudget.ts"
import { Verifier } from "../../../src/Verifier.ts"
import { recallBy, verifyBy } from "../../asking.ts"
import { makeWeb } from "../../fakeFetcher.ts"
import {
  caAt,
  issueAt,
  makeFiles,
  octets,
  policy,
  questionOf,
  root,
  said,
  tower,
  urlOf,
  withVerifier
} from "./world.ts"

const issuer = caAt("Issuer", root, [urlOf("root")])
const leaf = issueAt(issuer, [urlOf("issuer")])
const two = tower(2)

describe("fetching issuers", () => {
  it.effect("many questions wait for one request", () =>
    Effect.gen(function*() {
      const web = makeFiles({ [urlOf("issuer")]: { octets: issuer.der, afterMs: 100 } })
      yield* withVerifier(web, (verifier) =>
        Effect.gen(function*() {
          const asking = yield* Effect.forkChild(
            Effect.forEach(Array.from({ length: 100 }), () => verifyBy(verifier, questionOf(leaf)), {
              concurrency: "unbounded"
            }),
            { startImmediately: true }
          )
          yield* TestClock.adjust("100 millis")
          assert.isTrue((yield* Fiber.join(asking)).every(({ valid }) => valid))
          assert.strictEqual(web.asked.length, 1)
        }))
    }))

  it.effect("a slow server takes half of the deadline at most, and what comes late serves the next question", () =>
    Effect.gen(function*() {
      const web = makeFiles({ [urlOf("issuer")]: { octets: issuer.der, afterMs: 1_500 } })
      yield* withVerifier(web, (verifier) =>
        Effect.gen(function*() {
          const question = { ...questionOf(leaf), deadlineMs: 2_000 }
          const asking = yield* Effect.forkChild(verifyBy(verifier, question), { startImmediately: true })
          yield* TestClock.adjust("1 second")
          assert.deepStrictEqual(said(yield* Fiber.join(asking)), {
            code: "PathIncomplete",
            outcomes: [`pending ${urlOf("issuer")}`]
          })
          assert.isUndefined(recallBy(verifier, question), "nothing is remembered of what is not known yet")
          yield* TestClock.adjust("1 second")
          assert.strictEqual((yield* verifyBy(verifier, question)).code, "Verified")
          assert.strictEqual(recallBy(verifier, question)?.code, "Verified")
          assert.strictEqual(web.asked.length, 1)
        }))
    }))

  it.effect("a silent server is given up within the limit of a request, and fails for minutes", () =>
    Effect.gen(function*() {
      const web = makeFiles({ [urlOf("issuer")]: { never: true } })
      yield* withVerifier(web, (verifier) =>
        Effect.gen(function*() {
          const asking = yield* Effect.forkChild(verifyBy(verifier, questionOf(leaf)), { startImmediately: true })
          yield* TestClock.adjust(issuerLimits.requestMs)
          assert.deepStrictEqual(said(yield* Fiber.join(asking)), {
            code: "PathIncomplete",
            outcomes: [`failed ${urlOf("issuer")}`]
          })
          web.set(urlOf("issuer"), octets(issuer))
          yield* TestClock.adjust(issuerLimits.unconfirmedMs - 1)
          assert.strictEqual((yield* verifyBy(verifier, questionOf(leaf))).code, "PathIncomplete")
          yield* TestClock.adjust(1)
          assert.strictEqual((yield* verifyBy(verifier, questionOf(leaf))).code, "Verified")
          assert.strictEqual(web.asked.length, 2)
        }))
    }))

  it.effect("what has led to a root is remembered for a day; a wrong certificate in its place, for minutes", () =>
    Effect.gen(function*() {
      const wrong = caAt("Issuer", root, [])
      const web = makeFiles({ [urlOf("issuer")]: octets(wrong) })
      const question = questionOf(leaf)
      yield* withVerifier(web, (verifier) =>
        Effect.gen(function*() {
          assert.isFalse((yield* verifyBy(verifier, question)).valid)
          web.set(urlOf("issuer"), octets(issuer))
          yield* TestClock.adjust(issuerLimits.unconfirmedMs)
          assert.isTrue((yield* verifyBy(verifier, question)).valid)
          web.set(urlOf("issuer"), octets(wrong))
          yield* TestClock.adjust(issuerLimits.confirmedMs - 1)
          assert.strictEqual(recallBy(verifier, question)?.code, "Verified")
          assert.strictEqual(web.asked.length, 2)
          yield* TestClock.adjust(1)
          assert.isUndefined(recallBy(verifier, question))
          assert.isFalse((yield* verifyBy(verifier, question)).valid)
          assert.strictEqual(web.asked.length, 3)
        }))
    }))

  it.effect("our own limits are not the URL's fault: it is asked again at once", () =>
    Effect.gen(function*() {
      const web = makeFiles({ [urlOf("issuer")]: { fault: "ResolverOverloaded" } })
      yield* withVerifier(web, (verifier) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(said(yield* verifyBy(verifier, questionOf(leaf))).outcomes, [
            `pending ${urlOf("issuer")}`
          ])
          web.set(urlOf("issuer"), octets(issuer))
          assert.strictEqual((yield* verifyBy(verifier, questionOf(leaf))).code, "Verified")
        }))
    }))

  it.effect("takes one resolution from the budget of the caller; without one, nobody is asked", () =>
    Effect.gen(function*() {
      const taken = { count: 0 }
      const within = (left: number) =>
        Effect.provideService(CallerBudget, {
          account: "a caller",
          waitedMs: 0,
          take: () => {
            taken.count += 1
            return left > 0 ? undefined : 1_000
          }
        })
      const web = makeFiles(two.files)
      yield* withVerifier(web, (verifier) =>
        Effect.gen(function*() {
          const refused = yield* verifyBy(verifier, questionOf(two.leaf)).pipe(within(0))
          assert.deepStrictEqual(said(refused).outcomes, [`pending ${urlOf("ca-1")}`])
          assert.deepStrictEqual(web.asked, [])
          assert.strictEqual((yield* verifyBy(verifier, questionOf(two.leaf)).pipe(within(1))).code, "Verified")
          assert.strictEqual(taken.count, 2)
        }))
    }))

  it.effect("POSH-SEC-13: searches once in each turn of the caller, also where all URLs are known", () =>
    Effect.gen(function*() {
      const three = tower(3)
      yield* withVerifier(makeFiles(three.files), (verifier) =>
        Effect.gen(function*() {
          yield* verifyBy(verifier, questionOf(three.leaf))
          const turns = { count: 0 }
          const another = issueAt(three.cas[0], [urlOf("ca-1")])
          const answer = yield* verifyBy(verifier, questionOf(another)).pipe(
            Effect.provideService(CallerBudget, {
              account: "",
              waitedMs: 0,
              take: () => 1_000,
              turn: Effect.sync(() => void (turns.count += 1))
            })
          )
          assert.strictEqual(answer.code, "Verified")
          // One before everything else, and one after each of the four searches but the last.
          assert.strictEqual(turns.count, 4)
        }))
    }))

  it.effect("needs a fetcher of certificates", () =>
    Effect.gen(function*() {
      const without = Verifier.layer(policy).pipe(Layer.provide(makeWeb().layer))
      assert.isTrue(Exit.hasDies(yield* Effect.exit(Effect.scoped(Layer.build(without)))))
    }))
})
