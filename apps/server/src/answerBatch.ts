/**
 * A batch in, an answer or a problem for each of its questions out.
 */
import { batchLimits, BatchQuestion, type BatchResult, type Problem, problem } from "@posh/api"
import { monotonicMsOf, spanned } from "@posh/core"
import { Clock, Effect, Fiber, Predicate, Result, Schema, Struct } from "effect"
import type { Caller } from "./Caller.ts"
import type { Asked, Decide, Decision } from "./Decider.ts"
import { decodeJson } from "./http/body.ts"
import { internalProblem, problemAt, schemaProblem } from "./http/problems.ts"
import { callerBounds } from "./limits/bounds.ts"
import type { Limits } from "./limits/Limits.ts"
import { Observations, type ObservationsShape } from "./telemetry/Observations.ts"
import { toAnswer } from "./toAnswer.ts"

type Decided = Result.Result<Decision, Problem>

/**
 * Answers a batch, given as its body, with the body of the response.
 *
 * **Details**
 *
 * Fails only where the batch as a whole is malformed, or there is no room for it. Whatever takes time goes in slices,
 * between which everybody else is served. Each question has its own deadline, from the arrival of the batch on.
 */
export const answerBatch = (
  decide: Decide,
  { inTurn, withPlaces }: Pick<Limits["Service"], "inTurn" | "withPlaces">,
  caller: Caller,
  body: Buffer
): Effect.Effect<string, Problem> =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const observations = yield* Observations
    const arrivedAt = monotonicMsOf(clock)
    const requests = yield* Effect.flatMap(
      inTurn(() => Result.flatMap(decodeJson(body), decodeBatch)),
      Effect.fromResult
    )
    const runFork = Effect.runForkWith(yield* Effect.context())
    const ask = (asked: Asked): Fiber.Fiber<Decided> =>
      runFork(Effect.result(spanned("Question", decide(asked, caller, monotonicMsOf(clock) - arrivedAt))))

    const asking = new Map<string, Fiber.Fiber<Decided>>()
    const read = (slice: ReadonlyArray<unknown>): ReadonlyArray<BatchAsked> => {
      const questions = slice.map(toBatchAsked)
      for (const { question } of questions) {
        if (Result.isFailure(question) || asking.has(question.success.key)) continue
        asking.set(question.success.key, ask(question.success.asked))
      }
      return questions
    }
    const answer = Effect.gen(function*() {
      const questions = (yield* Effect.forEach(slices(requests), (slice) => inTurn(() => read(slice)))).flat()
      const decisions = new Map<string, Decided>()
      for (const [key, fiber] of asking) decisions.set(key, yield* Fiber.join(fiber))
      const rendered = yield* Effect.forEach(
        slices(questions.map((asked, index) => ({ asked, path: `requests[${index}]` }))),
        (slice) => inTurn(() => slice.map(({ asked, path }) => render(toResult(asked, decisions, path), observations)))
      )
      return `{"results":[${rendered.flat().join(",")}]}`
    })
    // Who goes away needs no answer to any of them.
    const abandoned = Effect.suspend(() => Fiber.interruptAll(asking.values()))
    return yield* withPlaces(caller, requests.length, Effect.onInterrupt(answer, () => abandoned))
  })

const slices = <A>(all: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from(
    { length: Math.ceil(all.length / callerBounds.slice) },
    (_, index) => all.slice(index * callerBounds.slice, (index + 1) * callerBounds.slice)
  )

/** A problem in a place is counted here; that of a whole batch is where answers are written. */
const render = (result: BatchResult, { problem }: ObservationsShape): string => {
  if ("problem" in result) problem(result.problem.code)
  return JSON.stringify(result)
}

interface BatchAsked {
  readonly id: string | undefined
  readonly question: Result.Result<
    /** `key` is equal for equal questions. */
    { readonly key: string; readonly asked: Asked; readonly explain: boolean },
    Problem
  >
}

const toBatchAsked = (request: unknown): BatchAsked => ({
  id: usableId(request),
  question: Result.map(decodeBatchQuestion(request), ({ explain = false, ...named }) => {
    const asked = Struct.omit(named, ["id"])
    return { key: JSON.stringify(asked), asked, explain }
  })
})

/** A question that is refused is still called by its name. */
const usableId = (request: unknown): string | undefined =>
  Predicate.hasProperty(request, "id") && Predicate.isString(request.id) &&
    request.id.length <= batchLimits.idCharacters
    ? request.id
    : undefined

const toResult = (
  { id, question }: BatchAsked,
  decisions: ReadonlyMap<string, Decided>,
  path: string
): BatchResult => {
  const name = id === undefined ? {} : { id }
  const decision = Result.flatMap(question, ({ key }) => decisions.get(key) ?? Result.fail(internalProblem))
  if (Result.isFailure(decision)) return { ...name, problem: problemAt(decision.failure, path) }
  const explain = Result.isSuccess(question) && question.success.explain
  return { ...name, answer: toAnswer(decision.success.verdict, { id: decision.success.id, explain }) }
}

const decodeBatchQuestionResult = Schema.decodeUnknownResult(BatchQuestion, { onExcessProperty: "error" })

const decodeBatchQuestion = (input: unknown): Result.Result<BatchQuestion, Problem> =>
  Result.mapError(decodeBatchQuestionResult(input), ({ issue }) => schemaProblem(issue))

/** The envelope alone: its questions are decoded one by one, so that each fails in its own place. */
const decodeBatch = (input: unknown): Result.Result<ReadonlyArray<unknown>, Problem> => {
  if (!Predicate.isObject(input)) return refuse("Expected an object with the member requests.")
  const unknown = Object.keys(input).find((name) => name !== "requests")
  if (unknown !== undefined) return refuse("There is no such member.", unknown.slice(0, 256))
  const { requests } = input as { readonly requests?: unknown }
  if (!Array.isArray(requests)) return refuse("Expected an array of questions.", "requests")
  return requests.length > batchLimits.requests
    ? refuse(`Expected at most ${batchLimits.requests} questions.`, "requests")
    : Result.succeed(requests)
}

const refuse = (detail: string, field?: string) => Result.fail(problem("InvalidRequest", detail, field))
