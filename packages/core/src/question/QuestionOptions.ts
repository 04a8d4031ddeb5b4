/**
 * The options of a question, validated together (requirements §0.6).
 */
import { Result } from "effect"
import type { Policy } from "../Policy.ts"
import { type Domain, parseDomain } from "./Domain.ts"
import type { Generations } from "./Generation.ts"
import { parseProoftypes } from "./parseProoftypes.ts"
import { defaultProoftypes, type Prooftype } from "./Prooftype.ts"
import type { ChainCheckMode, NameCheckMode, Question } from "./Question.ts"
import { QuestionError } from "./QuestionError.ts"

export interface QuestionOptions {
  /** In the order of evaluation, each once. */
  readonly prooftypes: ReadonlyArray<Prooftype>
  readonly generations: Generations
  readonly nameCheck: NameCheckMode
  readonly chainCheck: ChainCheckMode
  /** Present only if DNSSEC secured its derivation (POSH-PRF-07). */
  readonly derivedDomain?: Domain
  readonly maxAgeMs?: number
  readonly refresh: boolean
  readonly deadlineMs: number
}

/** Milliseconds (POSH-REQ-07). */
export const deadlines = { min: 50, max: 30_000, default: 10_000 } as const

/** Parses the options; fails with `InvalidRequest` and the member at fault. The policy has the defaults. */
export const parseOptions = (question: Question, policy: Policy): Result.Result<QuestionOptions, QuestionError> => {
  if (hasNoOptions(question) && policy.prooftypes === defaultProoftypes) return Result.succeed(defaultOptions(policy))
  const { deadlineMs = deadlines.default, derivedDomain, maxAge } = question
  const fault = typeFault(question)
  if (fault !== undefined) return refuse(fault.field, fault.detail)
  const prooftypes = parseProoftypes(question, policy)
  if (Result.isFailure(prooftypes)) return Result.fail(prooftypes.failure)
  if (question.fingerprint !== undefined) {
    // These checks need names and a chain, which a fingerprint does not have (POSH-REQ-04).
    if (question.nameCheck !== undefined) return refuse("nameCheck", "nameCheck needs the certificate itself")
    if (question.chainCheck !== undefined) return refuse("chainCheck", "chainCheck needs the certificate itself")
  }
  if (!Number.isInteger(deadlineMs) || deadlineMs < deadlines.min || deadlineMs > deadlines.max) {
    return refuse("deadlineMs", `deadlineMs is a whole number from ${deadlines.min} to ${deadlines.max}`)
  }
  if (maxAge !== undefined && (!Number.isSafeInteger(maxAge) || maxAge < 0)) {
    return refuse("maxAge", "maxAge is a whole number of seconds")
  }
  const derived = derivedDomain === undefined ? undefined : parseDomain(derivedDomain, policy)
  if (derived !== undefined && Result.isFailure(derived)) return refuse("derivedDomain", derived.failure.detail)

  return Result.succeed({
    prooftypes: prooftypes.success,
    generations: question.generations ?? policy.generations,
    nameCheck: question.nameCheck ?? "advisory",
    chainCheck: question.chainCheck ?? "off",
    refresh: question.refresh === true,
    deadlineMs,
    ...(derived === undefined || question.derivedDomainSecure !== true ? {} : { derivedDomain: derived.success }),
    ...(maxAge === undefined ? {} : { maxAgeMs: maxAge * 1_000 })
  })
}

const hasNoOptions = (
  {
    chainCheck,
    deadlineMs,
    derivedDomain,
    derivedDomainSecure,
    generations,
    maxAge,
    nameCheck,
    prooftypes,
    refresh
  }: Question
): boolean =>
  chainCheck === undefined && deadlineMs === undefined && derivedDomain === undefined &&
  derivedDomainSecure === undefined && generations === undefined && maxAge === undefined && nameCheck === undefined &&
  prooftypes === undefined && refresh === undefined

const defaultOptions = ({ generations }: Policy): QuestionOptions => ({
  prooftypes: defaultProoftypes,
  generations,
  nameCheck: "advisory",
  chainCheck: "off",
  refresh: false,
  deadlineMs: deadlines.default
})

/** Values that a program without types can give: none of them passes for the default. */
const typeFault = (question: Question) => {
  for (const [field, values] of closedSets) {
    const value = question[field]
    if (value !== undefined && !values.has(value)) {
      return { field, detail: `${field} is one of ${[...values].join(", ")}` }
    }
  }
  for (const field of ["refresh", "derivedDomainSecure"] as const) {
    if (question[field] !== undefined && typeof question[field] !== "boolean") {
      return { field, detail: `${field} is true or false` }
    }
  }
  return undefined
}

const closedSets: ReadonlyArray<readonly ["generations" | "nameCheck" | "chainCheck", ReadonlySet<string>]> = [
  ["generations", new Set<Generations>(["rfc-then-draft", "rfc-only", "draft-only"])],
  ["nameCheck", new Set<NameCheckMode>(["advisory", "source-or-delegated", "source"])],
  ["chainCheck", new Set<ChainCheckMode>(["off", "report", "require"])]
]

const refuse = (field: string, detail: string) =>
  Result.fail(new QuestionError({ code: "InvalidRequest", field, detail }))
