/**
 * A prepared question: decoded, validated and canonical, before anything is looked up.
 */
import { Result } from "effect"
import type { Policy } from "../Policy.ts"
import { parsePresented } from "../presented/parsePresented.ts"
import type { Presented } from "../presented/Presented.ts"
import { defaultProoftypes } from "./Prooftype.ts"
import type { Question } from "./Question.ts"
import { QuestionError } from "./QuestionError.ts"
import { parseOptions, type QuestionOptions } from "./QuestionOptions.ts"
import { type StageTracer, untraced } from "./StageTracer.ts"
import { parseTarget, type Target } from "./Target.ts"

/**
 * A prepared question. It can be asked any number of times.
 *
 * **Details**
 *
 * It shares no objects with the question, so later changes of the question change no answer.
 */
export interface Inquiry {
  /** Domain and service. */
  readonly target: Target
  /** The certificate in question, or hashes of one. */
  readonly presented: Presented
  readonly options: QuestionOptions
}

/** Prepares a question under a policy; fails if it is malformed. Pure; does not read the clock. */
export const prepare = (
  question: Question,
  policy: Policy,
  stage: StageTracer = untraced
): Result.Result<Inquiry, QuestionError> => {
  if (typeof question !== "object" || question === null) return Result.fail(notQuestion)
  const target = stage.run("Target", () => parseTarget(question, policy))
  if (Result.isFailure(target)) return Result.fail(target.failure)
  const keepsIssuers = question.prooftypes !== undefined || policy.prooftypes !== defaultProoftypes
  const presented = stage.run("Certificate", () => parsePresented(question, keepsIssuers))
  if (Result.isFailure(presented)) return Result.fail(presented.failure)
  const options = parseOptions(question, policy)
  if (Result.isFailure(options)) return Result.fail(options.failure)
  return Result.succeed({ target: target.success, presented: presented.success, options: options.success })
}

const notQuestion = new QuestionError({ code: "InvalidRequest", detail: "the question is not an object" })
