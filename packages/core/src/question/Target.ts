/**
 * Normalises the question: whom is it about? (requirements §2.1–2.2)
 */
import { Result } from "effect"
import type { Policy } from "../Policy.ts"
import { type Domain, parseDomain } from "./Domain.ts"
import type { Generation } from "./Generation.ts"
import type { QuestionError } from "./QuestionError.ts"
import { parseService, type ServiceEntry } from "./Service.ts"
import { makeKey, type StoreKey } from "./StoreKey.ts"

export interface Target {
  readonly domain: Domain
  readonly service: ServiceEntry
  /** Under which each generation's material is remembered. */
  readonly keys: Readonly<Record<Generation, StoreKey>>
}

/** Domain and service of a question, canonical. Fails with `InvalidSourceDomain` or `UnsupportedService`. */
export const parseTarget = (
  question: { readonly domain: string; readonly service: string },
  policy: Policy
): Result.Result<Target, QuestionError> =>
  Result.flatMap(
    parseDomain(question.domain, policy),
    (domain) =>
      Result.map(parseService(question.service, policy.services), (service) => ({
        domain,
        service,
        keys: { rfc7711: makeKey(domain, service.key, "rfc7711"), draft: makeKey(domain, service.key, "draft") }
      }))
  )
