/**
 * How often questions may make us ask an origin although we remember an answer of it: once in 10 s on demand, by `refresh`
 * or by `maxAge` (POSH-CAC-32), once in 60 s because a certificate did not match (POSH-MAT-43). One limit for a domain and
 * service, whatever asks.
 */
import { LRUCache } from "lru-cache"

export type Reason = "refresh" | "maxAge" | "mismatch"

/** Milliseconds. */
export const refetchIntervals: Record<Reason, number> = { refresh: 10_000, maxAge: 10_000, mismatch: 60_000 }

// Forgetting the oldest early costs one request too many, within the budgets of POSH-SEC-12.
const keys = 10_000

/** One question's leave to have the origin asked although something is remembered, in both generations. */
export interface RefetchGrant {
  /** Milliseconds until it is given; 0 where it is. Decided once. */
  readonly waitMs: (now: number) => number
  /** The origin is asked now. Not before: a question that may not have it asked must not keep others from it. */
  readonly use: (now: number) => void
}

/** `now` is on the monotonic clock, in milliseconds. */
export const makeRefetchLimit = () => {
  const last = new LRUCache<string, number>({ max: keys })
  return {
    grantFor: (key: string, reason: Reason): RefetchGrant => {
      let wait: number | undefined
      return {
        waitMs: (now) => {
          const at = last.get(key)
          wait ??= at === undefined ? 0 : Math.max(0, at + refetchIntervals[reason] - now)
          return wait
        },
        use: (now) => void last.set(key, now)
      }
    },
    forget: (key: string): void => void last.delete(key)
  }
}
