/**
 * Decides whether the result of a flight serves one of the questions that waited for it. Pure.
 */
import { Result } from "effect"
import { deliveredAt } from "../association/Association.ts"
import type { ResolveError } from "../association/ResolveError.ts"
import { isWithdrawal } from "../codes.ts"
import { type Stamp, timeSince } from "../question/Stamp.ts"
import { type CacheDecision, type Freshness, refreshAheadAt, toCacheDecision, toFallback } from "./CacheDecision.ts"
import type { FlightResult } from "./fetchAndStore.ts"

/** One question's wait for one flight. */
export interface FlightWait {
  readonly result: FlightResult
  /** When the flight began. */
  readonly began: Stamp
  /** When the question was asked. */
  readonly asked: Stamp
  readonly freshness: Freshness
  readonly now: Stamp
}

export type FlightDecision =
  /** Material that serves. `own`: it was fetched after the question was asked. */
  | {
    readonly _tag: "Serve"
    readonly serve: Extract<CacheDecision, { _tag: "Serve" }>
    readonly asOf: number
    readonly own: boolean
  }
  | { readonly _tag: "Fail"; readonly error: ResolveError; readonly retryAt?: number }
  /** The result does not serve this question, which needs a flight of its own. */
  | Extract<CacheDecision, { _tag: "Fetch" }>

/**
 * The result of a flight that began after the question serves it, whatever freshness it needs. The result of an older
 * flight is treated like a cache entry (POSH-CAC-12, POSH-CAC-32).
 */
export const toFlightDecision = ({ asked, began, result, freshness, now }: FlightWait): FlightDecision => {
  const { fetched, outcome, remembered, retryAt } = result
  const own = fetched && began.monotonicMs >= asked.monotonicMs
  if (!fetched && remembered !== undefined) {
    return fromCacheDecision(toCacheDecision(remembered, freshness), remembered.asOf)
  }

  if (Result.isSuccess(outcome)) {
    const association = outcome.success
    const asOf = Math.max(timeSince(began, now), deliveredAt(association))
    if (!own) return fromCacheDecision(toCacheDecision({ association, tier: "memory", asOf }, freshness), asOf)
    const askAgainAt = refreshAheadAt(association)
    const serve = { _tag: "Serve", association, overdue: false, askAgainAt, refreshAhead: false } as const
    return { _tag: "Serve", serve, asOf, own }
  }
  const error = outcome.failure
  if (!own && !result.late && isOlder(error, began, freshness)) return { _tag: "Fetch", refetch: true }
  const fallback = remembered === undefined || isWithdrawal(error.code)
    ? undefined
    : toFallback(remembered, freshness, retryAt ?? remembered.asOf)
  if (fallback !== undefined) return fromCacheDecision(fallback, remembered?.asOf ?? timeSince(began, now))
  return { _tag: "Fail", error, ...(retryAt === undefined ? {} : { retryAt }) }
}

const isOlder = (error: ResolveError, began: Stamp, { askedSince }: Freshness): boolean =>
  askedSince !== undefined && (error.hops.at(-1)?.startedAt ?? began.wallMs) < askedSince

const fromCacheDecision = (decision: CacheDecision, asOf: number): FlightDecision => {
  if (decision._tag === "Fetch") return decision
  if (decision._tag === "Serve") return { _tag: "Serve", serve: decision, asOf, own: false }
  const { error, until } = decision.negative
  return { _tag: "Fail", error, retryAt: until }
}
