/** What DNS says beside what is published: looked up at the same time, within one deadline and one budget. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { AssociationOptions } from "../src/AssociationReporter.ts"
import { SecureResolver } from "../src/proof/dane/SecureResolver.ts"
import { defaultUsages } from "../src/proof/dane/Tlsa.ts"
import { CallerBudget } from "../src/question/CallerBudget.ts"
import { Verifier } from "../src/Verifier.ts"
import { makeWeb, testPolicy, verifierOver } from "./fakeFetcher.ts"
import { fingerprints, question, rfc } from "./greenhouse.ts"

/** Documents take 300 ms, and the answer of DNS that there is no SRV record takes `dnsMs`. */
const makeWorld = (dnsMs: number) => {
  const web = makeWeb({ [rfc]: { json: fingerprints(3_600) } }, 300)
  const queries: Array<string> = []
  const dns = Layer.succeed(
    SecureResolver,
    SecureResolver.of({
      query: (name, type) =>
        Effect.sync(() => queries.push(`${name} ${type}`)).pipe(
          Effect.andThen(Effect.sleep(dnsMs)),
          Effect.as({ status: "secure", records: [], ttl: 60, canonicalName: name, detail: "" } as const)
        )
    })
  )
  const verifier = verifierOver(web, { ...testPolicy, daneUsages: defaultUsages }).pipe(Layer.provide(dns))
  return { queries, verifier, web }
}

/** The report, and the milliseconds that it took. */
const report = (options?: AssociationOptions) =>
  Effect.gen(function*() {
    const { report } = yield* Verifier
    const startedAt = yield* Clock.currentTimeMillis
    const asking = yield* Effect.forkChild(
      Effect.zip(report(question.domain, question.service, options), Clock.currentTimeMillis),
      { startImmediately: true }
    )
    yield* TestClock.adjust(Duration.seconds(30))
    const [found, endedAt] = yield* Fiber.join(asking)
    return { ...found, elapsedMs: endedAt - startedAt }
  })

describe("a report with a resolver", () => {
  it.effect("asks both at the same time", () => {
    const { verifier } = makeWorld(400)
    return Effect.gen(function*() {
      const found = yield* report()
      assert.deepInclude(found, { state: "material", code: "Resolved", elapsedMs: 400 })
      assert.deepInclude(found.tlsa, { state: "not-applicable", reason: "SrvAbsent" })
      assert.notProperty(found, "dns")
    }).pipe(Effect.provide(verifier))
  })

  it.effect("has what is published at the deadline, whatever DNS does (POSH-REQ-07)", () => {
    const { verifier } = makeWorld(1e9)
    return Effect.gen(function*() {
      const found = yield* report({ deadlineMs: 1_000 })
      assert.deepInclude(found, { state: "material", code: "Resolved", elapsedMs: 1_000 })
      assert.deepInclude(found.tlsa, { state: "untrusted", step: "srv", status: "indeterminate" })
    }).pipe(Effect.provide(verifier))
  })

  it.effect("asks DNS again only where that is wanted", () => {
    const { queries, verifier } = makeWorld(10)
    return Effect.gen(function*() {
      const count = (options?: AssociationOptions) =>
        Effect.gen(function*() {
          const before = queries.length
          const { dns, tlsa } = yield* report(options)
          return [queries.length - before, tlsa?.state, dns?.answers.length]
        })
      assert.deepStrictEqual(yield* count(), [1, "not-applicable", undefined])
      assert.deepStrictEqual(yield* count(), [0, "not-applicable", undefined])
      assert.deepStrictEqual(yield* count({ refresh: true }), [1, "not-applicable", undefined])
      assert.deepStrictEqual(yield* count({ tlsa: "observe" }), [1, "not-applicable", 1])
      assert.deepStrictEqual(yield* count({ tlsa: "omit", refresh: true }), [0, undefined, undefined])
    }).pipe(Effect.provide(verifier))
  })

  it.effect("over the budget of the caller, asks nobody (POSH-SEC-12)", () => {
    const { queries, verifier, web } = makeWorld(10)
    return Effect.gen(function*() {
      assert.strictEqual((yield* report({ tlsa: "observe" })).tlsa, undefined)
      assert.deepInclude((yield* report()).tlsa, { state: "untrusted" })
      assert.deepStrictEqual([...queries, ...web.asked], [])
    }).pipe(
      Effect.provide(verifier),
      Effect.provideService(CallerBudget, { account: "", waitedMs: 0, take: () => 1_000 })
    )
  })
})
