/**
 * Question in, answer or problem out. Batches are in `answerBatch.ts`.
 */
import { type Answer, type Problem, Question } from "@posh/api"
import { Effect, Result, Schema } from "effect"
import type { Caller } from "./Caller.ts"
import { CallerQuestion } from "./CallerQuestion.ts"
import type { Decide } from "./Decider.ts"
import { schemaProblem } from "./problems.ts"
import { toAnswer } from "./toAnswer.ts"

/** Answers one question, given as the JSON value of its body. */
export const answerQuestion = (decide: Decide, caller: Caller, input: unknown): Effect.Effect<Answer, Problem> => {
  const reading = readQuestion(input)
  return Result.isFailure(reading) ? Effect.fail(reading.failure) : answerReading(decide, caller, reading.success)
}

/** A question that can be put. */
export interface Reading {
  readonly question: CallerQuestion
  readonly explain: boolean
}

/** JSON value → question. */
export const readQuestion = (input: unknown): Result.Result<Reading, Problem> =>
  Result.map(decodeQuestion(input), ({ explain = false, ...asked }) => ({
    question: new CallerQuestion(asked),
    explain
  }))

export const answerReading = (
  decide: Decide,
  caller: Caller,
  { explain, question }: Reading
): Effect.Effect<Answer, Problem> =>
  Effect.map(decide(question, caller), ({ id, verdict }) => toAnswer(verdict, { id, explain }))

const decodeQuestionResult = Schema.decodeUnknownResult(Question, { onExcessProperty: "error" })

const decodeQuestion = (input: unknown): Result.Result<Question, Problem> =>
  Result.mapError(decodeQuestionResult(input), ({ issue }) => schemaProblem(issue))
