/**
 * Answers one question. Batches are in `answerBatch.ts`.
 */
import { type Answer, type Problem, Question } from "@posh/api"
import { Effect, Result, Schema } from "effect"
import type { Caller } from "./Caller.ts"
import { CallerQuestion } from "./CallerQuestion.ts"
import type { Decide } from "./Decider.ts"
import { isPlainQuestion } from "./plainQuestion.ts"
import { schemaProblem } from "./problems.ts"
import { toAnswer } from "./toAnswer.ts"

/** Decodes and answers a question. */
export const answerQuestion = (decide: Decide, caller: Caller, input: unknown): Effect.Effect<Answer, Problem> => {
  const parsed = parseQuestion(input)
  return Result.isFailure(parsed) ? Effect.fail(parsed.failure) : answerParsed(decide, caller, parsed.success)
}

/** A question, and whether its answer includes evidence. */
export interface ParsedQuestion {
  readonly question: CallerQuestion
  readonly explain: boolean
}

/** Decodes a JSON value. */
export const parseQuestion = (input: unknown): Result.Result<ParsedQuestion, Problem> =>
  Result.map(decodeQuestion(input), ({ explain = false, ...asked }) => ({
    question: new CallerQuestion(asked),
    explain
  }))

export const answerParsed = (
  decide: Decide,
  caller: Caller,
  { explain, question }: ParsedQuestion
): Effect.Effect<Answer, Problem> =>
  Effect.map(decide(question, caller), ({ id, verdict }) => toAnswer(verdict, { id, explain }))

const decodeQuestionResult = Schema.decodeUnknownResult(Question, { onExcessProperty: "error" })

const decodeQuestion = (input: unknown): Result.Result<Question, Problem> =>
  isPlainQuestion(input)
    ? Result.succeed(input)
    : Result.mapError(decodeQuestionResult(input), ({ issue }) => schemaProblem(issue))
