/**
 * Which domains published material lately, also where it is over or evicted: they keep a share of the budgets when
 * strangers make names up (POSH-SEC-12). Nothing is verified by it.
 */
import { Effect } from "effect"
import { LRUCache } from "lru-cache"
import { siteOf } from "../../fetch/Site.ts"
import { publisherLimits } from "../../Limits.ts"
import type { Domain } from "../../question/Domain.ts"
import type { Attempt } from "./Attempt.ts"

/** The same attempts; a domain whose attempt brought material once is known by it at the next. */
export const rememberPublishers = (attempt: Attempt): Attempt => {
  const sites = new LRUCache<string, LRUCache<Domain, true>>({ max: publisherLimits.sites })
  const note = (domain: Domain): void => {
    const site = siteOf(domain)
    const known = sites.get(site) ?? new LRUCache({ max: publisherLimits.perSite })
    known.set(domain, true)
    sites.set(site, known)
  }
  return (input) =>
    Effect.tap(
      attempt({
        ...input,
        hadMaterial: input.hadMaterial || sites.get(siteOf(input.domain))?.has(input.domain) === true
      }),
      () => Effect.sync(() => note(input.domain))
    )
}
