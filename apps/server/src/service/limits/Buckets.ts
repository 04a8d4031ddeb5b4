/**
 * Token buckets by account. A bucket stores the instant at which it will be full again (GCRA), and the usage that was not
 * shared with other replicas yet. `now` is in milliseconds of the monotonic clock.
 */
import { LRUCache } from "lru-cache"
import { callerBounds } from "./bounds.ts"

export interface BucketOptions {
  readonly perSecond: number
  /** Capacity of a bucket in tokens. */
  readonly burst: number
}

/** Usage of an account, as replicas exchange it. */
export interface Usage {
  readonly account: string
  /** Milliseconds that it takes to refill what was used. */
  readonly owedMs: number
}

export interface Buckets {
  /** Takes a token. Returns `undefined`, or the milliseconds until one is available. */
  readonly take: (account: string, now: number) => number | undefined
  /** True if none is available now. Takes nothing. */
  readonly isEmpty: (account: string, now: number) => boolean
  /** Calls back after each taken token, until the returned function is called. */
  readonly onTake: (listener: () => void) => () => void
  /** Usage that was not shared yet, of at most `accounts` accounts; marks it as shared. */
  readonly pending: (accounts: number) => ReadonlyArray<Usage>
  /** Applies the usage of all replicas. It never gives tokens back that were taken here. */
  readonly reconcile: (usage: Usage, now: number) => void
}

export const makeBuckets = ({ burst, perSecond }: BucketOptions): Buckets => {
  const intervalMs = 1_000 / perSecond
  const buckets = new LRUCache<string, Bucket>({ max: callerBounds.accounts })
  const pending = new Set<string>()
  const listeners = new Set<() => void>()

  const toWait = (owedMs: number) => owedMs - (burst - 1) * intervalMs
  const owedOf = (bucket: Bucket | undefined, now: number) => Math.max(0, (bucket?.fullAt ?? 0) - now)

  return {
    isEmpty: (account, now) => toWait(owedOf(buckets.peek(account), now)) > 0,
    take: (account, now) => {
      const bucket = buckets.get(account) ?? { fullAt: 0, unsharedMs: 0 }
      const owed = owedOf(bucket, now)
      const wait = toWait(owed)
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
