/**
 * For how long a look-up is remembered. Pure: instants are milliseconds since the epoch.
 */
import { cacheLimits, daneLimits } from "../../Limits.ts"
import type { ServiceLookup } from "./DaneLookup.ts"

/** Milliseconds. What cannot be trusted is asked for again soon, so that a resolver that stumbled closes nobody out for long. */
export const lifetimeOf = (lookup: ServiceLookup): number => {
  const parts = lookup.kind === "endpoints" ? [lookup, ...lookup.endpoints] : [lookup]
  const seconds = parts.map(({ ttl, ...part }) =>
    "kind" in part && part.kind === "untrusted" ? daneLimits.untrustedSeconds : ttl
  )
  return Math.min(...seconds) * 1_000
}

/** The end of its time: it serves before this instant. */
export const lookupEnd = (lookup: ServiceLookup): number => lookup.resolvedAt + lifetimeOf(lookup)

/** As if it had been resolved so many milliseconds earlier: everything in it ends as much earlier. */
export const aged = (lookup: ServiceLookup, ms: number): ServiceLookup =>
  ms === 0 ? lookup : { ...lookup, resolvedAt: lookup.resolvedAt - ms }

/**
 * A look-up that another process stored, by the clock of this one; `undefined` if it serves no more.
 *
 * **Details**
 *
 * It ends as soon as one of two says so: its own instants, so that what somebody stores again does not last, and `leftMs`, the
 * time that is left by the clock of the store. So a replica whose clock is minutes ahead makes nothing live longer than its
 * TTL (POSH-CAC-35). What was resolved too far in the future is refused, as none of its instants can be believed.
 */
export const lookupUnder = (lookup: ServiceLookup, leftMs: number, now: number): ServiceLookup | undefined => {
  if (lookup.resolvedAt > now + cacheLimits.clockSkewMs) return undefined
  const end = lookupEnd(lookup)
  const until = Math.min(end, now + Math.min(leftMs, lifetimeOf(lookup)))
  return until > now ? aged(lookup, end - until) : undefined
}
