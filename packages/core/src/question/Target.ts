/**
 * The target of a question: domain and service in canonical form (requirements §2.1–2.2).
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
  /** The cache key of each generation. */
  readonly keys: Readonly<Record<Generation, StoreKey>>
}

/** Parses domain and service of a question. Fails with `InvalidSourceDomain` or `UnsupportedService`. */
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
