/**
 * Keys whose entries in Redis are known to be out of date, because replacing or removing them did not succeed: an outage
 * must not bring back what was withdrawn. Known to this process alone.
 */
import type { StoreKey } from "@posh/core"
import { LRUCache } from "lru-cache"

export interface Distrusted {
  readonly add: (key: StoreKey) => void
  readonly delete: (key: StoreKey) => void
  readonly has: (key: StoreKey) => boolean
  /** So many at most, the longest distrusted first. */
  readonly oldest: (many: number) => ReadonlyArray<StoreKey>
}

// As many changes as an outage may bring; beyond them the oldest are trusted again, as they are by other replicas.
const most = 100_000

export const makeDistrusted = (): Distrusted => {
  const keys = new LRUCache<string, StoreKey>({ max: most })
  return {
    add: (key) => void keys.set(key.text, key),
    delete: (key) => void keys.delete(key.text),
    has: (key) => keys.size > 0 && keys.has(key.text),
    oldest: (many) => keys.size === 0 ? [] : [...keys.rvalues()].slice(0, many).filter((key) => key !== undefined)
  }
}
