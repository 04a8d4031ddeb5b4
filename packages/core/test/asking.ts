/** Prepares questions and asks them, as callers do. */
import { Effect, Result } from "effect"
import type { Question } from "../src/question/Question.ts"
import type { Verdict } from "../src/verdict/Verdict.ts"
import { Verifier } from "../src/Verifier.ts"

type Asked = Pick<Verifier["Service"], "prepare" | "recall" | "verify">

/** Fails where the question is malformed. */
export const verifyBy = (verifier: Asked, question: Question) =>
  Effect.suspend(() => Effect.flatMap(Effect.fromResult(verifier.prepare(question)), verifier.verify))

export const verify = (question: Question) => Effect.flatMap(Verifier, (verifier) => verifyBy(verifier, question))

/** What memory alone says of it; nothing of a malformed one. */
export const recallBy = (verifier: Asked, question: Question): Verdict | undefined => {
  const inquiry = verifier.prepare(question)
  return Result.isSuccess(inquiry) ? verifier.recall(inquiry.success) : undefined
}
