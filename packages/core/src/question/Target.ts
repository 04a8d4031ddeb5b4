/**
 * The target of a question: domain and service in canonical form (requirements §2.1–2.2).
 */
import { Result } from "effect"
import type { Policy } from "../Policy.ts"
import { type Domain, readDomain } from "./Domain.ts"
import type { Generation } from "./Generation.ts"
import type { QuestionError } from "./QuestionError.ts"
import { parseService, type ServiceEntry, type ServiceKey } from "./Service.ts"
import { type CacheKey, makeKey, makeTlsaKey, type StoreKey } from "./StoreKey.ts"

export interface Target {
  /** May share memory with the question; what is kept longer is copied. */
  readonly domain: Domain
  readonly service: ServiceEntry
  /** The cache key of each generation, and of what DNS says. */
  readonly keys: Readonly<Record<Generation, StoreKey>> & { readonly tlsa: CacheKey }
}

/** Parses domain and service of a question. Fails with `InvalidSourceDomain` or `UnsupportedService`. */
export const parseTarget = (
  question: { readonly domain: string; readonly service: string },
  policy: Policy
): Result.Result<Target, QuestionError> =>
  Result.flatMap(
    readDomain(question.domain, policy),
    (domain) =>
      Result.map(parseService(question.service, policy.services), (service) => ({
        domain,
        service,
        keys: new Keys(domain, service.key)
      }))
  )

/** The keys of the draft generation and of DNS are made when they are read: few questions come so far. */
class Keys implements Record<Generation, StoreKey> {
  readonly rfc7711: StoreKey
  #draft: StoreKey | undefined
  #tlsa: CacheKey | undefined

  constructor(domain: Domain, service: ServiceKey) {
    this.rfc7711 = makeKey(domain, service, "rfc7711")
  }

  get draft(): StoreKey {
    const { domain, service } = this.rfc7711
    return this.#draft ??= makeKey(domain, service, "draft")
  }

  get tlsa(): CacheKey {
    const { domain, service } = this.rfc7711
    return this.#tlsa ??= makeTlsaKey(domain, service)
  }
}
