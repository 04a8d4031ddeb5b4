/** Questions, keys, cache, shared calls and batches, over a `fetch` in this process. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Room } from "../../src/client/Room.ts"
import { type BatchQuestion, passingProblem, problem } from "../../src/index.ts"
import { answerTo, certificateOf, undecided } from "./answers.ts"
import { all, codeOf, make, other, question } from "./clients.ts"
import { answering, inTime, json, never, turns } from "./fakeFetch.ts"

describe("verify", () => {
  it.effect("asks, with the key, and never lets a redirect be followed", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* make(answering(), { key: "secret" })
      const answer = yield* inTime(client.verify(question))
      assert.deepInclude(answer, { valid: true, domain: "hosted.example" })
      assert.strictEqual(calls[0]?.headers["authorization"], "Bearer secret")
      assert.strictEqual(calls[0]?.url.pathname, "/v1/verify")
      assert.isAtMost(calls[0]?.questions[0]?.deadlineMs ?? Infinity, 9_500)
    }))

  it.effect("asks the function of the key each time, and refuses what is none", () =>
    Effect.gen(function*() {
      const keys: Array<unknown> = ["one", "two", "a\r\nb", "", undefined]
      const { calls, client } = yield* make(answering(), { cache: false, key: () => keys.shift() as string })
      yield* inTime(client.verify(question))
      yield* inTime(client.verify(question))
      assert.deepStrictEqual(calls.map(({ headers }) => headers["authorization"]), ["Bearer one", "Bearer two"])
      for (let count = 0; count < 3; count += 1) {
        assert.strictEqual(yield* codeOf(client.verify(question)), "KeyUnavailable")
      }
      const throwing = yield* make(answering(), { key: () => Promise.reject(new Error("secret")) })
      assert.strictEqual(yield* codeOf(throwing.client.verify(question)), "KeyUnavailable")
      const hanging = yield* make(answering(), { key: () => new Promise<string>(() => undefined) })
      assert.strictEqual(yield* codeOf(hanging.client.verify(question)), "TimedOut")
      assert.strictEqual(calls.length, 2)
    }))

  it.effect("does not send what is no question", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* make(answering())
      assert.strictEqual(yield* codeOf(client.verify({ ...question, certificate: "%" })), "InvalidQuestion")
      assert.strictEqual(calls.length, 0)
    }))
})

describe("the local cache", () => {
  it.effect("answers for `ttl` seconds from when the question was sent, and not longer", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* make(answering((question) => answerTo(question, { ttl: 10 })))
      yield* inTime(client.verify(question))
      yield* TestClock.adjust(5_500)
      assert.strictEqual((yield* client.verify(question)).ttl, 4)
      assert.strictEqual(client.recall(question)?.ttl, 4)
      yield* TestClock.adjust(4_500)
      assert.isUndefined(client.recall(question))
      yield* inTime(client.verify(question))
      assert.strictEqual(calls.length, 2)
    }))

  it.effect("never has a no, nor what was not decided", () =>
    Effect.gen(function*() {
      for (
        const more of [undecided, {
          ...undecided,
          verdict: "mismatch",
          code: "CertificateMismatch",
          retryable: false
        }] as const
      ) {
        const { calls, client } = yield* make(
          answering((question) => answerTo(question, { ...more, retryable: false }))
        )
        yield* inTime(client.verify(question))
        assert.isUndefined(client.recall(question))
        yield* inTime(client.verify(question))
        assert.strictEqual(calls.length, 2)
      }
    }))

  it.effect("recall never throws", () =>
    Effect.gen(function*() {
      const { client } = yield* make(answering())
      const hostile = {
        get domain(): string {
          throw new Error("x")
        }
      }
      for (const value of [undefined, {}, hostile, { ...question, fingerprint: 1 }]) {
        assert.isUndefined(client.recall(value as typeof question))
      }
    }))
})

describe("equal questions at the same time", () => {
  it.effect("share a request", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* make(answering())
      const answers = yield* inTime(all(Array.from({ length: 5 }, () => client.verify(question))))
      assert.strictEqual(answers.length, 5)
      assert.strictEqual(calls.flatMap(({ questions }) => questions).length, 1)
    }))

  it.effect("one caller gives up, the others get their answer; when all give up, the request is aborted", () =>
    Effect.gen(function*() {
      const response = Promise.withResolvers<Response>()
      const { calls, client } = yield* make(() => response.promise)
      const [first, second] = yield* Effect.all(
        [client.verify(question), client.verify(question)].map((verify) => Effect.forkChild(verify))
      )
      yield* turns
      yield* TestClock.adjust(1)
      yield* turns
      yield* Fiber.interrupt(first!)
      assert.isFalse(calls[0]?.signal.aborted)
      response.resolve(answering()(calls[0]!))
      assert.isTrue((yield* Fiber.join(second!)).valid)

      const given = yield* Effect.forkChild(client.verify(other(1)))
      yield* turns
      yield* TestClock.adjust(1)
      yield* turns
      yield* Fiber.interrupt(given)
      yield* turns
      assert.isTrue(calls[1]?.signal.aborted)
      assert.strictEqual(calls.length, 2)
    }))

  it.effect("who joins late is not ended by the deadline of who came first", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* make((call, count) => count === 1 ? never() : answering()(call), {
        timeoutMs: 1_000
      })
      const first = yield* Effect.forkChild(Effect.exit(client.verify(question)))
      yield* turns
      yield* TestClock.adjust(900)
      const second = yield* Effect.forkChild(client.verify(question))
      yield* turns
      yield* TestClock.adjust(100)
      const exit = yield* Fiber.join(first)
      assert.isTrue(Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause))
      assert.isTrue((yield* inTime(Fiber.join(second))).valid)
      assert.strictEqual(calls.length, 2)
    }))
})

describe("batches", () => {
  it.effect("form within a millisecond, up to 1,000, and a question alone is none", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* make(answering())
      const answers = yield* inTime(all(Array.from({ length: 1_001 }, (_, index) => client.verify(other(index)))))
      assert.isTrue(answers.every(({ valid }) => valid))
      assert.deepStrictEqual(calls.map(({ questions, url }) => [url.pathname, questions.length]), [
        ["/v1/verify/batch", 1_000],
        ["/v1/verify", 1]
      ])
    }))

  it.effect("are none where they are switched off", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* make(answering(), { batch: false })
      yield* inTime(all([client.verify(other(1)), client.verify(other(2))]))
      assert.deepStrictEqual(calls.map(({ url }) => url.pathname), ["/v1/verify", "/v1/verify"])
    }))

  it.effect("one bad question spoils only itself", () =>
    Effect.gen(function*() {
      const { client } = yield* make(({ questions }) =>
        json({
          results: questions.map((question, index) =>
            index === 1
              ? { id: question.id, problem: problem("MalformedPresentedCertificate", "No.", "certificate") }
              : { id: question.id, answer: answerTo(question) }
          )
        })
      )
      const results = yield* inTime(all([0, 1, 2].map((number) => Effect.result(client.verify(other(number))))))
      assert.deepStrictEqual(results.map(({ _tag }) => _tag), ["Success", "Failure", "Success"])
    }))

  it.effect("are halved where the endpoint refuses one for its content", () =>
    Effect.gen(function*() {
      const isBad = ({ certificate }: BatchQuestion) => certificate === certificateOf(5)
      for (const refusal of [problem("PayloadTooLarge", "x"), problem("InvalidRequest", "x")]) {
        const { calls, client } = yield* make((call) =>
          call.questions.some(isBad) ? json(refusal, refusal.status) : answering()(call)
        )
        const results = yield* inTime(
          all(Array.from({ length: 8 }, (_, index) => Effect.result(client.verify(other(index)))))
        )
        assert.deepStrictEqual(results.flatMap(({ _tag }, index) => _tag === "Failure" ? [index] : []), [5])
        assert.isAtMost(calls.length, 7)
      }
    }))

  it.effect("are smaller where the service lets a caller ask only so many at once", () =>
    Effect.gen(function*() {
      const { client } = yield* make((call) =>
        call.questions.length > 30 ? json(passingProblem("TooManyRequests", "x", 10), 429) : answering()(call)
      )
      const results = yield* inTime(all(Array.from({ length: 100 }, (_, index) => client.verify(other(index)))), 5)
      assert.strictEqual(results.length, 100)
    }))

  it.effect("a question that is given up leaves; the last one aborts the request", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* make(never)
      const fibers = yield* Effect.all([1, 2].map((number) => Effect.forkChild(client.verify(other(number)))))
      yield* turns
      yield* TestClock.adjust(1)
      yield* turns
      yield* Fiber.interrupt(fibers[0]!)
      yield* turns
      assert.isFalse(calls[0]?.signal.aborted)
      yield* Fiber.interrupt(fibers[1]!)
      yield* turns
      assert.isTrue(calls[0]?.signal.aborted)
    }))

  it.effect("a slow question holds its batch for a second at most, and is asked alone for the rest of its time", () =>
    Effect.gen(function*() {
      const { calls, client } = yield* make((call) =>
        answering((question) =>
          answerTo(question, question.domain === "slow.example" && call.questions.length > 1 ? undecided : {})
        )(call)
      )
      const slow = client.verify({ ...question, domain: "slow.example" })
      const answers = yield* inTime(all([client.verify(question), slow, client.verify(other(1))]))
      assert.isTrue(answers.every(({ valid }) => valid))
      const [together, alone] = calls.map(({ questions }) => questions.map(({ deadlineMs }) => deadlineMs))
      assert.deepStrictEqual(together, [1_000, 1_000, 1_000])
      assert.strictEqual(alone?.length, 1)
      assert.isAbove(alone?.[0] ?? 0, 9_000)
    }))

  it.effect("the room of a client counts whose callers wait, also for a repetition, in number and octets", () =>
    Effect.gen(function*() {
      for (const limits of [{ questions: 2, octets: 100 }, { questions: 100, octets: 2 }]) {
        const room = new Room(limits)
        const waiting = yield* Effect.forkChild(room.hold(1, Effect.never))
        const failing = yield* Effect.forkChild(room.hold(1, Effect.never))
        yield* turns
        assert.strictEqual(yield* codeOf(room.hold(1, Effect.void)), "Busy")
        assert.strictEqual(yield* codeOf(room.hold(1, Effect.void)), "Busy")
        yield* Fiber.interrupt(failing)
        yield* room.hold(1, Effect.void)
        yield* room.hold(1, Effect.void)
        yield* Fiber.interrupt(waiting)
      }
      const { client } = yield* make(() => json(passingProblem("Overloaded", "x", 5_000), 503))
      const certificate = new Uint8Array(32_768).fill(0x30)
      const chain = Array.from({ length: 10 }, () => certificate)
      const ask = (index: number) =>
        codeOf(client.verify({ domain: `d${index}.example`, service: "xmpp-server", chain }))
      const codes = yield* inTime(all(Array.from({ length: 160 }, (_, index) => ask(index))), 50)
      assert.isTrue(codes.slice(0, 150).every((code) => code === "ServiceProblem"))
      assert.strictEqual(codes.at(-1), "Busy")
      assert.strictEqual(yield* ask(0), "ServiceProblem")
    }))
})
