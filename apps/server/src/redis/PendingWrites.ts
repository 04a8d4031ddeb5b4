/**
 * Pending writes: writes that did not reach Redis, by key. The entry in Redis is stale then, and must not be used when
 * Redis is back: it may have been withdrawn. Local to this process.
 */
import type { StoreKey } from "@posh/core/cache"
import { LRUCache } from "lru-cache"

/** `removal`: the association was withdrawn. `replacement`: by an association fetched at `fetchedAt` (milliseconds). */
export type Write =
  | { readonly kind: "purge" }
  | { readonly kind: "removal" }
  | { readonly kind: "replacement"; readonly fetchedAt: number }

export interface PendingWrite {
  readonly key: StoreKey
  readonly write: Write
}

export interface PendingWrites {
  /** A pending purge is never overwritten: the entry in Redis must be deleted, even if a newer write follows. */
  readonly add: (key: StoreKey, write: Write) => void
  readonly delete: (key: StoreKey) => void
  readonly get: (key: StoreKey) => Write | undefined
  /** At most `count` writes, the oldest first. */
  readonly oldest: (count: number) => ReadonlyArray<PendingWrite>
}

/**
 * Maximum of pending writes. The oldest are evicted; their entries in Redis are trusted again, as other replicas do.
 */
const maxPending = 100_000

export const makePendingWrites = (): PendingWrites => {
  const writes = new LRUCache<string, PendingWrite>({ max: maxPending })
  return {
    add: (key, write) => {
      if (writes.peek(key.text)?.write.kind !== "purge") writes.set(key.text, { key, write })
    },
    delete: (key) => void writes.delete(key.text),
    get: (key) => writes.size === 0 ? undefined : writes.peek(key.text)?.write,
    oldest: (count) =>
      writes.size === 0 ? [] : [...writes.rvalues()].slice(0, count).filter((pending) => pending !== undefined)
  }
}
