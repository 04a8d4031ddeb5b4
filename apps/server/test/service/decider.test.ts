/** The decider: answers from memory, and by the verifier if memory has none. */
import { assert, describe, it } from "@effect/vitest"
import { type Question, QuestionError, Verifier } from "@posh/core"
import { registeredServices } from "@posh/core/question"
import { CallerBudget } from "@posh/core/serving"
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
  const calls = {
    prepared: [] as Array<Question>,
    recalled: 0,
    verified: 0,
    inTurns: [] as Array<boolean>,
    reading: [] as Array<() => void>
  }
  const verifier = Layer.mock(Verifier, {
    services: registeredServices,
    prepare: (asked) => {
      calls.prepared.push(asked)
      return asked.domain === "malformed.example"
        ? Result.fail(new QuestionError({ code: "InvalidSourceDomain", field: "domain", detail: "" }))
        : prepare(asked)
    },
    readAhead: (_inquiry, then) => {
      calls.reading.push(then)
      return true
    },
    recall: (inquiry) => {
      calls.recalled += 1
      if (domainOf(inquiry) === "broken.example") throw new Error("a defect")
      return domainOf(inquiry) === "known.example" ? verified : undefined
    },
    verify: () => {
      calls.verified += 1
      return Effect.map(CallerBudget, ({ turn }) => {
        calls.inTurns.push(turn !== undefined)
        return indeterminate
      })
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

describe("POSH-SEC-13: a question whose paths take milliseconds is asked in turns", () => {
  const admin = { ...caller, scope: "admin" } as const
  const rows: ReadonlyArray<
    readonly [name: string, more: Partial<Question>, isTraced: boolean, isInTurns: boolean]
  > = [
    ["pkix", { prooftypes: ["pkix"] }, false, true],
    ["pkix, traced", { prooftypes: ["pkix"] }, true, true],
    ["dane, afresh", { prooftypes: ["posh", "dane"], refresh: true }, false, true],
    // What the deployment asks by default is known once it is prepared.
    ["the deployment's, traced", {}, true, true],
    ["posh", { prooftypes: ["posh"] }, false, false],
    ["posh, traced", { prooftypes: ["posh"] }, true, false]
  ]
  it.effect.each(rows)("%s", ([, more, isTraced, isInTurns]) => {
    const { calls, layer } = makeDecider()
    return Effect.gen(function*() {
      const { decide } = yield* Decider
      const asking = decide(question("unknown.example", more), admin)
      yield* isTraced ? Effect.withSpan(asking, "asked") : asking
      assert.deepStrictEqual(calls.inTurns, [isInTurns])
    }).pipe(Effect.provide(layer))
  })
})

describe("a question that is read ahead", () => {
  const ask = (asked: CallerQuestion, limits: Parameters<typeof makeDecider>[0] = {}) => {
    const { calls, layer } = makeDecider(limits)
    const found: Array<string | undefined> = []
    return Effect.map(Decider, ({ recall, recallShared }) => ({
      calls,
      found,
      recall,
      read: () => recallShared(asked, caller, (decision) => found.push(decision?.verdict.code))
    })).pipe(Effect.provide(layer))
  }
  const rows: ReadonlyArray<readonly [domain: string, code: string | undefined]> = [
    ["known.example", "Verified"],
    ["unknown.example", undefined],
    ["broken.example", undefined] // its defect is told by the fiber that follows
  ]
  it.effect.each(rows)("%s: %s", ([domain, code]) =>
    Effect.gen(function*() {
      const { calls, found, read } = yield* ask(question(domain))
      assert.isTrue(read())
      assert.deepStrictEqual(found, [])
      calls.reading[0]?.()
      assert.deepStrictEqual(found, [code])
    }))

  const refused: ReadonlyArray<readonly [string, CallerQuestion]> = [
    ["malformed", question("malformed.example")],
    ["a refresh", question("known.example", { refresh: true })],
    ["heavy", question("known.example", { certificate: "A".repeat(5_000) })]
  ]
  it.effect.each(refused)("not if it is %s", ([, asked]) =>
    Effect.gen(function*() {
      const { calls, read } = yield* ask(asked)
      assert.isFalse(read())
      assert.deepStrictEqual(calls.reading, [])
    }))

  it.effect("holds a place in flight meanwhile, and only then", () =>
    Effect.gen(function*() {
      const { calls, found, read } = yield* ask(question("known.example"))
      const inTime = Array.from({ length: 5 }, read)
      assert.include(inTime, false)
      const held = calls.reading.length
      calls.reading.forEach((then) => then())
      assert.strictEqual(found.length, held)
      assert.isTrue(read())
    }))

  it.effect("not for a caller over its rate: Redis is not asked either", () =>
    Effect.gen(function*() {
      const asked = question("known.example")
      const { calls, read, recall } = yield* ask(asked, { callerRate: 0.1 })
      assert.isTrue(read(), "reading takes nothing from the rate")
      assert.isDefined(recall(asked, caller))
      assert.isFalse(read())
      assert.strictEqual(calls.reading.length, 1)
    }))
})
