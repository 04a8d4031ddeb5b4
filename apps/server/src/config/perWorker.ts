/**
 * What one of several workers may use, so that all together keep the documented limits. Pure. With one worker all of it.
 *
 * **Details**
 *
 * Rates of callers are not divided: workers exchange them through Redis, as replicas do (`docs/decisions/workers.md`).
 */
import { defaultPolicy, type Policy } from "@posh/core"
import { shareOf } from "../service/limits/bounds.ts"
import type { Settings } from "./variables.ts"

/** The settings of one of so many workers. */
export const settingsOfOne = (settings: Settings, workers: number): Settings => ({
  ...settings,
  workers,
  maxInFlight: shareOf(settings.maxInFlight, workers, leastInFlight),
  maxConnections: shareOf(settings.maxConnections, workers, 1)
})

/** Least value of the setting: a caller may have three quarters of them, and a batch of 1,000 must fit. */
const leastInFlight = 2_000

/**
 * Budgets of requests to origins (POSH-SEC-12): a site must not notice how many workers there are. Those of a source domain
 * are not divided, because only one process of a fleet resolves a domain at a time.
 */
export const budgetsOfOne = (workers: number): Policy["budgets"] => {
  const { budgets } = defaultPolicy
  return {
    ...budgets,
    perHostConcurrent: shareOf(budgets.perHostConcurrent, workers, 1),
    perHostPerMinute: shareOf(budgets.perHostPerMinute, workers, 1),
    perHostLookUpsConcurrent: shareOf(budgets.perHostLookUpsConcurrent, workers, 1),
    perHostLookUpsPerMinute: shareOf(budgets.perHostLookUpsPerMinute, workers, 1),
    inFlight: shareOf(budgets.inFlight, workers, 1)
  }
}
