/**
 * Writes that did not reach Redis, by key: what it holds there is known to be out of date, and an outage must not bring
 * back what was withdrawn. Known to this process alone.
 */
import type { StoreKey } from "@posh/core"
import { LRUCache } from "lru-cache"

/** `removal`: the association was withdrawn. `replacement`: by one that was fetched at an instant (milliseconds). */
export type Write =
  | { readonly kind: "purge" }
  | { readonly kind: "removal" }
  | { readonly kind: "replacement"; readonly fetchedAt: number }

export interface PendingWrite {
  readonly key: StoreKey
  readonly write: Write
}

export interface PendingWrites {
  /** A purge stays one, whatever is learnt after it: all that Redis had before has to go. */
  readonly add: (key: StoreKey, write: Write) => void
  readonly delete: (key: StoreKey) => void
  readonly get: (key: StoreKey) => Write | undefined
  /** So many at most, the longest owed first. */
  readonly oldest: (count: number) => ReadonlyArray<PendingWrite>
}

/** As many writes as an outage may bring; beyond them the oldest are trusted again, as they are by other replicas. */
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
