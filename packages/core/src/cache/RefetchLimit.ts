/**
 * How often somebody may make us ask an origin although we remember its answer: once in 10 s on demand (POSH-CAC-32),
 * once in 60 s because a certificate did not match (POSH-MAT-43).
 */
import { LRUCache } from "lru-cache"

export type Reason = "refresh" | "mismatch"

const intervals: Record<Reason, number> = { refresh: 10_000, mismatch: 60_000 }

// Forgetting the oldest early costs one request too many, within the budgets of POSH-SEC-12.
const keys = 10_000

export const makeRefetchLimit = () => {
  const last = new LRUCache<string, number>({ max: keys })
  return {
    /** `now` is on the monotonic clock, in milliseconds. */
    isDue: (key: string, reason: Reason, now: number): boolean => {
      const at = last.get(key)
      return at === undefined || now - at >= intervals[reason]
    },
    /** The origin is asked now. */
    note: (key: string, now: number): void => void last.set(key, now),
    forget: (key: string): void => void last.delete(key)
  }
}
