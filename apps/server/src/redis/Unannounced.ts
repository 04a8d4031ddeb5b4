/**
 * Keys whose stale value in Redis is gone, and that are still to be announced: until then other replicas could read it. Whoever
 * removed it: a read that came first announces nothing, and a round of replays may fail midway.
 */
import type { CacheKey } from "@posh/core/cache"
import { LRUCache } from "lru-cache"

export interface Unannounced<K extends CacheKey> {
  readonly add: (key: K) => void
  /** Takes at most `count`, the oldest first. */
  readonly take: (count: number) => ReadonlyArray<K>
}

/** Maximum. The oldest are evicted; other replicas may serve their stale value to its end. */
const maxUnannounced = 100_000

export const makeUnannounced = <K extends CacheKey>(): Unannounced<K> => {
  const waiting = new LRUCache<string, K>({ max: maxUnannounced })
  return {
    add: (key) => void waiting.set(key.text, key),
    take: (count) => {
      const keys = waiting.size === 0 ? [] : [...waiting.rvalues()].slice(0, count).filter((key) => key !== undefined)
      for (const { text } of keys) waiting.delete(text)
      return keys
    }
  }
}
