/**
 * The proof types of a question (requirements §6).
 */
import { Result } from "effect"
import type { Policy } from "../Policy.ts"
import { inEvaluationOrder, type Prooftype } from "./Prooftype.ts"
import type { Question } from "./Question.ts"
import { QuestionError } from "./QuestionError.ts"

/**
 * Each proof type once, in the order of evaluation. One that this deployment cannot evaluate is refused, never ignored: the caller
 * would take the answer for more than it is.
 */
export const parseProoftypes = (
  { fingerprint, prooftypes: asked }: Question,
  policy: Policy
): Result.Result<ReadonlyArray<Prooftype>, QuestionError> => {
  const prooftypes = asked === undefined ? Result.succeed(policy.prooftypes) : parseAsked(asked, policy)
  // A hash has no path and no names.
  const needsCertificate = Result.isSuccess(prooftypes) && prooftypes.success.every((each) => each === "pkix")
  return fingerprint !== undefined && needsCertificate
    ? refuse("prooftypes", "the prooftype pkix needs the certificate itself")
    : prooftypes
}

const parseAsked = (
  asked: ReadonlyArray<Prooftype>,
  policy: Policy
): Result.Result<ReadonlyArray<Prooftype>, QuestionError> => {
  if (!Array.isArray(asked)) return refuse("prooftypes", "prooftypes is a list")
  if (asked.length === 0) return refuse("prooftypes", "at least one prooftype is needed")
  for (const [index, prooftype] of asked.entries()) {
    const unavailable = whyUnavailable(prooftype, policy)
    if (unavailable !== undefined) return refuse(`prooftypes[${index}]`, unavailable)
  }
  return Result.succeed(inEvaluationOrder(asked))
}

const whyUnavailable = (prooftype: Prooftype, { anchors, daneUsages }: Policy): string | undefined => {
  switch (prooftype) {
    case "posh":
      return undefined
    case "pkix":
      return anchors === undefined ? "the prooftype pkix is not available: there are no roots" : undefined
    case "dane":
      return daneUsages === undefined
        ? "the prooftype dane is not available: there is no resolver that validates DNSSEC"
        : undefined
    default:
      return "the prooftype is none of posh, pkix, dane"
  }
}

const refuse = (field: string, detail: string) =>
  Result.fail(new QuestionError({ code: "InvalidRequest", field, detail }))
