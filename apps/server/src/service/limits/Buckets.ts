/**
 * Token buckets by account: so many at once, and refilled evenly. A bucket is one instant (when it will be full again)
 * and what was taken since the other replicas were told. Time is an argument, in milliseconds of a clock that never goes
 * backwards.
 */
import { LRUCache } from "lru-cache"
import { callerBounds } from "./bounds.ts"

export interface BucketOptions {
  readonly perSecond: number
  /** How many may be taken at once from a full bucket. */
  readonly burst: number
}

/** What an account took, as others are told it. */
export interface Usage {
  readonly account: string
  /** Milliseconds until a bucket from which nothing else was taken would be full again. */
  readonly owedMs: number
}

export interface Buckets {
  /** `undefined` where one was taken; else the milliseconds after which one can be. */
  readonly take: (account: string, now: number) => number | undefined
  /** Calls back whenever something was taken, until the returned function is called. */
  readonly onTake: (listener: () => void) => () => void
  /** What was taken and not told yet, of at most so many accounts. It counts as told. */
  readonly pending: (accounts: number) => ReadonlyArray<Usage>
  /** What all replicas together took, by which nothing is given back that was taken here. */
  readonly reconcile: (taken: Usage, now: number) => void
}

export const makeBuckets = ({ burst, perSecond }: BucketOptions): Buckets => {
  const intervalMs = 1_000 / perSecond
  const buckets = new LRUCache<string, Bucket>({ max: callerBounds.accounts })
  const pending = new Set<string>()
  const listeners = new Set<() => void>()

  return {
    take: (account, now) => {
      const bucket = buckets.get(account) ?? { fullAt: 0, unsharedMs: 0 }
      const owed = Math.max(0, bucket.fullAt - now)
      const wait = owed - (burst - 1) * intervalMs
      if (wait > 0) return wait
      bucket.fullAt = now + owed + intervalMs
      bucket.unsharedMs += intervalMs
      buckets.set(account, bucket)
      if (pending.size < callerBounds.accounts) pending.add(account)
      for (const listener of listeners) listener()
      return undefined
    },
    onTake: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    pending: (accounts) => {
      const usages: Array<Usage> = []
      for (const account of pending) {
        if (usages.length === accounts) break
        pending.delete(account)
        const bucket = buckets.peek(account)
        if (bucket === undefined) continue
        usages.push({ account, owedMs: bucket.unsharedMs })
        bucket.unsharedMs = 0
      }
      return usages
    },
    reconcile: ({ account, owedMs }, now) => {
      const bucket = buckets.peek(account)
      if (bucket !== undefined) bucket.fullAt = Math.max(bucket.fullAt, now + owedMs + bucket.unsharedMs)
    }
  }
}

interface Bucket {
  fullAt: number
  unsharedMs: number
}
