/**
 * A prepared question: decoded, checked and canonical. Everything that can be said of a question before it is asked.
 */
import { Result } from "effect"
import type { Policy } from "../Policy.ts"
import { parsePresented } from "../presented/parsePresented.ts"
import type { Presented } from "../presented/Presented.ts"
import type { Question } from "./Question.ts"
import { QuestionError } from "./QuestionError.ts"
import { parseOptions, type QuestionOptions } from "./QuestionOptions.ts"
import { type StageTracer, untraced } from "./StageTracer.ts"
import { parseTarget, type Target } from "./Target.ts"

/**
 * A prepared question. It may be asked any number of times, at any time.
 *
 * **Details**
 *
 * It holds nothing of the question that it was made from: what becomes of that object changes no answer.
 */
export interface Inquiry {
  /** Whom it is about. */
  readonly target: Target
  /** The certificate in question, or hashes of one. */
  readonly presented: Presented
  readonly options: QuestionOptions
}

/** Prepares a question under a deployment's policy; fails where it is malformed. Pure, and the clock is not read. */
export const prepare = (
  question: Question,
  policy: Policy,
  stage: StageTracer = untraced
): Result.Result<Inquiry, QuestionError> => {
  if (typeof question !== "object" || question === null) return Result.fail(notQuestion)
  const target = stage.run("Target", () => parseTarget(question, policy))
  if (Result.isFailure(target)) return Result.fail(target.failure)
  const presented = stage.run("Certificate", () => parsePresented(question))
  if (Result.isFailure(presented)) return Result.fail(presented.failure)
  const options = parseOptions(question, policy)
  if (Result.isFailure(options)) return Result.fail(options.failure)
  return Result.succeed({ target: target.success, presented: presented.success, options: options.success })
}

const notQuestion = new QuestionError({ code: "InvalidRequest", detail: "the question is not an object" })
