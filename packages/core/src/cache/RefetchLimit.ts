/**
 * Limits how often questions can trigger a request to an origin whose answer is cached: once in 10 s for `refresh` or
 * `maxAge` (POSH-CAC-32), once in 60 s after a mismatch (POSH-MAT-43). The limit is per domain and service, not per caller.
 */
import { LRUCache } from "lru-cache"

export type Reason = "refresh" | "maxAge" | "mismatch"

/** Milliseconds. */
export const refetchIntervals: Record<Reason, number> = { refresh: 10_000, maxAge: 10_000, mismatch: 60_000 }

// Evicting a key early costs one extra request, which the budgets of POSH-SEC-12 bound.
const keys = 10_000

/** One question's permission to ask the origin although an entry is cached. It covers both generations. */
export interface RefetchGrant {
  /** Milliseconds until it is granted; 0 if it is. Decided once. */
  readonly waitMs: (now: number) => number
  /** Called when the request starts, and not when it is granted: a question that does not ask must not block others. */
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
