/**
 * The domains that recently published material, even if it has expired or was evicted. They keep a share of the budgets
 * while an attacker asks about invented names (POSH-SEC-12). Only scheduling uses this, never a verdict.
 */
import { Effect } from "effect"
import { LRUCache } from "lru-cache"
import { siteOf } from "../../fetch/Site.ts"
import { publisherLimits } from "../../Limits.ts"
import type { Domain } from "../../question/Domain.ts"
import type { AttemptRunner } from "./Attempt.ts"

/** A decorator of attempts: records the domain of each attempt that returns material, and sets `hadMaterial` for it. */
export const rememberPublishers = (attempt: AttemptRunner): AttemptRunner => {
  const sites = new LRUCache<string, LRUCache<Domain, true>>({ max: publisherLimits.sites })
  const record = (domain: Domain): void => {
    const site = siteOf(domain)
    const domains = sites.get(site) ?? new LRUCache({ max: publisherLimits.perSite })
    domains.set(domain, true)
    sites.set(site, domains)
  }
  return (input) =>
    Effect.tap(
      attempt({
        ...input,
        hadMaterial: input.hadMaterial || sites.get(siteOf(input.domain))?.has(input.domain) === true
      }),
      () => Effect.sync(() => record(input.domain))
    )
}
