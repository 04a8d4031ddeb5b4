/**
 * Question in, answer or problem out. Every way to ask (one, by fingerprint, in a batch) ends here.
 */
import {
  type Answer,
  batchLimits,
  BatchQuestion,
  type BatchResponse,
  type BatchResult,
  type Problem,
  problem,
  Question
} from "@posh/api"
import { spanned } from "@posh/core"
import { Effect, Predicate, Result, Schema, Struct } from "effect"
import type { Caller } from "./Caller.ts"
import type { Asked, Decide, Decision } from "./Decider.ts"
import { internalProblem, problemAt, schemaProblem } from "./http/problems.ts"
import { toAnswer } from "./toAnswer.ts"

/** Answers one question, given as the JSON value of its body. */
export const answerQuestion = (decide: Decide, caller: Caller, input: unknown): Effect.Effect<Answer, Problem> => {
  const reading = readQuestion(input)
  return Result.isFailure(reading) ? Effect.fail(reading.failure) : answerReading(decide, caller, reading.success)
}

/** A question that can be put. */
export interface Reading {
  readonly asked: Asked
  readonly explain: boolean
}

/** JSON value → question. */
export const readQuestion = (input: unknown): Result.Result<Reading, Problem> =>
  Result.map(decodeQuestion(input), ({ explain = false, ...asked }) => ({ asked: Object.freeze(asked), explain }))

export const answerReading = (
  decide: Decide,
  caller: Caller,
  { asked, explain }: Reading
): Effect.Effect<Answer, Problem> =>
  Effect.map(decide(asked, caller), ({ id, verdict }) => toAnswer(verdict, { id, explain }))

/**
 * Answers a batch, given as the JSON value of its body.
 *
 * **Details**
 *
 * Fails only where the batch as a whole is malformed. All questions start at once, because each has its own deadline;
 * what they may spend is bounded by the verifier's budgets.
 */
export const answerBatch = (decide: Decide, caller: Caller, input: unknown): Effect.Effect<BatchResponse, Problem> => {
  const requests = decodeBatch(input)
  if (Result.isFailure(requests)) return Effect.fail(requests.failure)
  const questions = requests.success.map(toBatchAsked)

  const distinct = new Map(
    questions.flatMap(({ question }) =>
      Result.isSuccess(question) ? [[question.success.key, question.success.asked]] : []
    )
  )
  return Effect.map(
    Effect.forEach(
      distinct,
      ([key, asked]) =>
        Effect.map(Effect.result(spanned("Question", decide(asked, caller))), (decision) => [key, decision] as const),
      {
        concurrency: "unbounded"
      }
    ),
    (decided) => {
      const decisions = new Map(decided)
      return {
        results: questions.map((asked, index) => toResult(asked, decisions, `requests[${index}]`))
      }
    }
  )
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
  decisions: ReadonlyMap<string, Result.Result<Decision, Problem>>,
  path: string
): BatchResult => {
  const name = id === undefined ? {} : { id }
  const decision = Result.flatMap(question, ({ key }) => decisions.get(key) ?? Result.fail(internalProblem))
  if (Result.isFailure(decision)) return { ...name, problem: problemAt(decision.failure, path) }
  const explain = Result.isSuccess(question) && question.success.explain
  return { ...name, answer: toAnswer(decision.success.verdict, { id: decision.success.id, explain }) }
}

const strict = { onExcessProperty: "error" } as const
const decodeQuestionResult = Schema.decodeUnknownResult(Question, strict)
const decodeBatchQuestionResult = Schema.decodeUnknownResult(BatchQuestion, strict)

const decodeQuestion = (input: unknown): Result.Result<Question, Problem> =>
  Result.mapError(decodeQuestionResult(input), ({ issue }) => schemaProblem(issue))

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
