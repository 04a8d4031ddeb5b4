/** The decider: answers from memory, and by the verifier if memory has none. */
import { assert, describe, it } from "@effect/vitest"
import { type Question, QuestionError, Verifier } from "@posh/core"
import { Effect, Layer, Logger, Result } from "effect"
import { CallerQuestion } from "../../src/service/CallerQuestion.ts"
import { Decider } from "../../src/service/Decider.ts"
import { Limits } from "../../src/service/limits/Limits.ts"
import { domainOf, prepare } from "./inquiries.ts"
import { indeterminate, verified } from "./verdicts.ts"

const caller = { name: "a caller", account: "a", scope: "verify" } as const
const question = (domain: string, more: object = {}) =>
  new CallerQuestion({ domain, service: "xmpp-server", certificate: "MAA=", ...more })

/** What memory knows of a domain is in its name. */
const makeDecider = (limits: Partial<Parameters<typeof Limits.layer>[0]> = {}) => {
  const calls = { prepared: [] as Array<Question>, recalled: 0, verified: 0 }
  const verifier = Layer.mock(Verifier, {
    prepare: (asked) => {
      calls.prepared.push(asked)
      return asked.domain === "malformed.example"
        ? Result.fail(new QuestionError({ code: "InvalidSourceDomain", field: "domain", detail: "" }))
        : prepare(asked)
    },
    recall: (inquiry) => {
      calls.recalled += 1
      if (domainOf(inquiry) === "broken.example") throw new Error("a defect")
      return domainOf(inquiry) === "known.example" ? verified : undefined
    },
    verify: () => {
      calls.verified += 1
      return Effect.succeed(indeterminate)
    }
  })
  const settings = { maxInFlight: 4, callerRate: undefined, callerResolutions: undefined, ...limits }
  return {
    calls,
    layer: Decider.layer.pipe(Layer.provide([verifier, Limits.layer(settings), Logger.layer([])]))
  }
}

const codeOf = (asked: CallerQuestion) =>
  Effect.flatMap(Decider, ({ decide }) =>
    Effect.match(decide(asked, caller), {
      onFailure: ({ code }) => code as string,
      onSuccess: ({ verdict }) => verdict.code
    }))

describe("the decider", () => {
  const rows: ReadonlyArray<readonly [domain: string, more: object, code: string, recalled: string, asks: number]> = [
    ["known.example", {}, "Verified", "Verified", 0],
    ["unknown.example", {}, "ConnectTimeout", "-", 2],
    ["malformed.example", {}, "InvalidSourceDomain", "-", 0],
    ["known.example", { refresh: true }, "Forbidden", "-", 0],
    ["known.example", { chainCheck: "report" }, "ConnectTimeout", "-", 2],
    ["known.example", { certificate: "A".repeat(5_000) }, "ConnectTimeout", "-", 2]
  ]
  it.effect.each(rows)("%s, asked with %o: %s", ([domain, more, code, recalled, asks]) => {
    const { calls, layer } = makeDecider()
    return Effect.gen(function*() {
      const asked = question(domain, more)
      const { recall } = yield* Decider
      assert.strictEqual(recall(asked, caller)?.verdict.code ?? "-", recalled)
      assert.strictEqual(yield* codeOf(asked), code)
      assert.strictEqual(yield* codeOf(asked), code)
      assert.strictEqual(calls.verified, asks)
      assert.isAtMost(calls.prepared.length, 1, "prepared once, however often it is asked")
    }).pipe(Effect.provide(layer))
  })

  it.effect("prepares a heavy question in a time slice", () => {
    const { calls, layer } = makeDecider()
    return Effect.gen(function*() {
      const { recall } = yield* Decider
      assert.isUndefined(recall(question("known.example", { certificate: "A".repeat(5_000) }), caller))
      assert.deepStrictEqual(calls.prepared, [])
    }).pipe(Effect.provide(layer))
  })

  it.effect("a defect in `recall` is a problem of its question only", () => {
    const { layer } = makeDecider()
    return Effect.gen(function*() {
      const codes = yield* Effect.forEach(["broken.example", "known.example"], (domain) => codeOf(question(domain)), {
        concurrency: "unbounded"
      })
      assert.deepStrictEqual(codes, ["InternalError", "Verified"])
    }).pipe(Effect.provide(layer))
  })

  it.effect("a caller over its rate gets no answer from memory either", () => {
    const { layer } = makeDecider({ callerRate: 0.1 })
    return Effect.gen(function*() {
      const { recall } = yield* Decider
      const asked = question("known.example")
      assert.isDefined(recall(asked, caller))
      assert.isUndefined(recall(asked, caller))
      assert.strictEqual(yield* codeOf(asked), "TooManyRequests")
    }).pipe(Effect.provide(layer))
  })
})
