/**
 * Converts a cache decision or a flight decision into the result of one source. Pure.
 */
import { Result } from "effect"
import { ResolveError } from "../association/ResolveError.ts"
import type { StoreKey } from "../question/StoreKey.ts"
import type { CacheDecision } from "./CacheDecision.ts"
import type { FlightDecision } from "./FlightDecision.ts"
import type { Attempted, CacheStatus, Usable } from "./Resolution.ts"

type Serve = Extract<CacheDecision, { _tag: "Serve" }>

/** From a cache entry. */
export const fromCache = (
  key: StoreKey,
  decision: Exclude<CacheDecision, { _tag: "Fetch" }>,
  cache: CacheStatus,
  behindMs: number
): Attempted => {
  if (decision._tag === "Serve") return { key, outcome: Result.succeed(toUsable(decision, behindMs, false)), cache }
  const { error, until } = decision.negative
  return { key, outcome: Result.fail(error), retryAt: until, cache }
}

/** From the result of a flight. */
export const fromFlight = (
  key: StoreKey,
  decision: Exclude<FlightDecision, { _tag: "Fetch" }>,
  cache: CacheStatus,
  behindMs: number
): Attempted => {
  if (decision._tag === "Serve") {
    return { key, outcome: Result.succeed(toUsable(decision.serve, behindMs, decision.own)), cache }
  }
  const { error, retryAt } = decision
  return { key, outcome: Result.fail(error), cache, ...(retryAt === undefined ? {} : { retryAt }) }
}

/** A limit of ours refuses the request. */
export const fromLimit = (key: StoreKey, retryAfterMs: number): Attempted => ({
  key,
  outcome: Result.fail(new ResolveError({ code: "RateLimitedLocally", retryAfterMs, hops: [] })),
  cache: "miss"
})

const toUsable = (
  { askAgainAt, association, overdue }: Serve,
  behindMs: number,
  fetchedForQuestion: boolean
): Usable => ({ association, overdue, askAgainAt, behindMs, fetchedForQuestion })
