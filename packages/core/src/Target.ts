/**
 * Normalises the question: whom is it about? (requirements §2.1–2.2)
 */
import { Result } from "effect"
import { parseDomain } from "./Domain.ts"
import type { QuestionError } from "./errors.ts"
import type { Policy } from "./Policy.ts"
import type { Target } from "./Resolver.ts"
import { parseService } from "./Service.ts"

/** Domain and service of a question, canonical. Fails with `InvalidSourceDomain` or `UnsupportedService`. */
export const parseTarget = (
  question: { readonly domain: string; readonly service: string },
  policy: Policy
): Result.Result<Target, QuestionError> =>
  Result.flatMap(
    parseDomain(question.domain, policy),
    (domain) => Result.map(parseService(question.service, policy.services), (service) => ({ domain, service }))
  )
