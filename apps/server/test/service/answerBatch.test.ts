/** A batch without a transport: results are values, in the order of the questions. */
import { assert, describe, it } from "@effect/vitest"
import { problem } from "@posh/api"
import type { Verdict } from "@posh/core"
import { Deferred, Effect, Fiber, identity, References, Result } from "effect"
import { TestClock } from "effect/testing"
import { answerBatch, type Batch, type BatchItem, type BatchItems } from "../../src/service/answerBatch.ts"
import type { Decide, Decider } from "../../src/service/Decider.ts"
import { Limits } from "../../src/service/limits/Limits.ts"
import { onePiece } from "../../src/service/limits/Turns.ts"
import { type AnswerOptions, toAnswer } from "../../src/service/toAnswer.ts"
import { mismatch, verified } from "./verdicts.ts"

const caller = { name: "a caller", account: "a", scope: "verify" } as const
const settings = { maxInFlight: 16, callerRate: undefined, callerResolutions: undefined }
const question = (more: object = {}) => ({
  domain: "hosted.example",
  service: "xmpp-server",
  certificate: "MAA=",
  ...more
})
const toBatch = (requests: ReadonlyArray<object>): Batch => ({
  read: onePiece(() => Result.succeed(requests.map(Result.succeed))),
  arrivedAt: 0
})

/** By the test clock, which begins at 0. */
const early: Verdict = { ...verified, decidedAt: 0, validUntil: 600_000, refreshAfter: 480_000 }

const decide: Decide = (asked) =>
  asked.options.maxAge === 1
    ? Effect.fail(problem("InvalidSourceDomain", "No such domain.", "domain"))
    : Effect.succeed({ id: "0193", verdict: asked.options.maxAge === 2 ? mismatch : early })

/** Memory has no answer. */
const decider = { ask: decide, decide, recall: () => undefined }

type Watch = <A, E, R>(work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** A transport that sends anything but text, and counts what it encodes. */
const makeTransport = () => {
  const calls = { encoded: 0, release: () => {} }
  const encode = (verdict: Verdict, options: AnswerOptions) => {
    calls.encoded += 1
    const answer = toAnswer(verdict, options)
    return { word: answer.verdict, ttl: answer.ttl, isExplained: answer.evidence !== undefined }
  }
  return {
    calls,
    encode,
    onClosed: (release: () => void) => void (calls.release = release),
    render: (items: BatchItems<ReturnType<typeof encode>>) => onePiece(() => items)
  }
}

const takeAll = <A>({ next, size }: BatchItems<A>): ReadonlyArray<BatchItem<A>> => Array.from({ length: size }, next)

describe("a batch without a transport", () => {
  it.layer(Limits.layer(settings))((it) => {
    it.effect("answers are what the transport encodes; problems name their place", () =>
      Effect.gen(function*() {
        const limits = yield* Limits
        const requests = [question({ id: "a", maxAge: 2 }), question(), question({ id: "c", maxAge: 1 }), { id: "d" }]
        const items = yield* answerBatch(decider, limits, caller, toBatch(requests), makeTransport())
        const brief = takeAll(items).map(({ answer, id }) => [
          id,
          Result.isSuccess(answer) ? answer.success.word : `${answer.failure.code} ${answer.failure.field}`
        ])
        assert.deepStrictEqual(brief, [
          ["a", "mismatch"],
          [undefined, "verified"],
          ["c", "InvalidSourceDomain requests[2].domain"],
          ["d", "InvalidRequest requests[3].domain"]
        ])
      }))

    it.effect("each result leaves its place in flight; a closed response leaves the rest (POSH-SEC-12)", () =>
      Effect.gen(function*() {
        const limits = yield* Limits
        const transport = makeTransport()
        const requests = Array.from({ length: 12 }, () => question())
        const items = yield* answerBatch(decider, limits, caller, toBatch(requests), transport)
        assert.isFalse(limits.inFlight.fits("a", 1))
        items.next()
        assert.isTrue(limits.inFlight.fits("a", 1))
        assert.isFalse(limits.inFlight.fits("a", 2))
        transport.calls.release()
        takeAll({ ...items, size: 11 }) // no place is given back twice
        assert.isTrue(limits.inFlight.fits("a", 12))
        assert.isFalse(limits.inFlight.fits("a", 13))
      }))

    it.effect("an answer is encoded once a second for equal questions, so that its ttl is true", () =>
      Effect.gen(function*() {
        const { calls, ...transport } = makeTransport()
        const requests = [question(), question({ id: "b" }), question(), question({ explain: true }), question()]
        const items = yield* answerBatch(decider, yield* Limits, caller, toBatch(requests), transport)
        const take = () => Result.getOrThrow(items.next().answer)
        const first = take()
        yield* TestClock.adjust("999 millis")
        assert.strictEqual(take(), first)
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(take(), { ...first, ttl: first.ttl - 1 })
        assert.isTrue(take().isExplained)
        assert.isFalse(take().isExplained)
        assert.strictEqual(calls.encoded, 3)
      }))

    const recalls: ReadonlyArray<
      readonly [what: string, recall: Decider["Service"]["recall"], watch: Watch, id: string]
    > = [
      ["what memory answers starts no fiber", () => ({ id: "recalled", verdict: early }), identity, "recalled"],
      ["a defect of memory is the question's own", () => assert.fail("broken"), identity, "0193"],
      [
        "a traced question has its spans",
        () => assert.fail("not to be asked"),
        Effect.withSpan("POST /v1/verify/batch"),
        "0193"
      ],
      [
        "a logged question has its line",
        () => assert.fail("not to be asked"),
        Effect.provideService(References.MinimumLogLevel, "Debug"),
        "0193"
      ]
    ]
    it.effect.each(recalls)("%s", ([, recall, watch, id]) =>
      Effect.gen(function*() {
        const { calls, ...transport } = makeTransport()
        const encode = (_: Verdict, options: AnswerOptions) => options.id
        const batch = answerBatch({ ...decider, recall }, yield* Limits, caller, toBatch([question(), question()]), {
          ...transport,
          encode,
          render: (items: BatchItems<string>) => onePiece(() => items)
        })
        const answers = takeAll(yield* watch(batch)).map(({ answer }) => Result.getOrThrow(answer))
        assert.deepStrictEqual(answers, [id, id])
        calls.release()
      }))

    it.effect("its questions are let go of once they are decoded", () =>
      Effect.gen(function*() {
        const requests = [Result.succeed(question()), Result.succeed(question())]
        const { calls, ...transport } = makeTransport()
        const batch = { read: onePiece(() => Result.succeed(requests)), arrivedAt: 0 }
        const items = yield* answerBatch(decider, yield* Limits, caller, batch, transport)
        assert.isEmpty(requests)
        assert.lengthOf(takeAll(items), 2)
        calls.release()
      }))

    it.effect("a batch that no place is left for fails as a whole", () =>
      Effect.gen(function*() {
        const requests = Array.from({ length: 13 }, () => question())
        const refused = yield* Effect.flip(
          answerBatch(decider, yield* Limits, caller, toBatch(requests), makeTransport())
        )
        assert.strictEqual(refused.code, "Overloaded")
      }))

    it.effect("an interrupt cancels every question", () =>
      Effect.gen(function*() {
        const [started, cancelled] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        const never: Decide = () =>
          Deferred.succeed(started, undefined).pipe(
            Effect.andThen(Effect.never),
            Effect.onInterrupt(() => Deferred.succeed(cancelled, undefined))
          )
        const { calls, ...transport } = makeTransport()
        const fiber = yield* Effect.forkChild(
          answerBatch({ ...decider, ask: never }, yield* Limits, caller, toBatch([question()]), transport)
        )
        yield* Deferred.await(started)
        yield* Fiber.interrupt(fiber)
        yield* Deferred.await(cancelled)
        calls.release()
      }))
  })
})
