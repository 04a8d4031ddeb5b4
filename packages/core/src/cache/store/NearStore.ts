/**
 * The interface of the memory of one process in front of a shared store. Each entry has a mark: the epoch of the change
 * channel in which it was last known to agree with the shared store, and whether that store has it at all.
 */
import type { Stamp } from "../../question/Stamp.ts"
import type { StoreKey } from "../../question/StoreKey.ts"
import type { AssociationStore, CacheEntry } from "./AssociationStore.ts"

/** The number of an epoch. Positive: the entry agreed with the shared store. Negative: the shared store never stored it. */
export type Mark = number

/** The mark of a new entry: it agrees in no epoch. */
export const unmarked: Mark = 0

export interface MarkedEntry extends CacheEntry {
  /** Absent if there is no entry. */
  readonly mark?: Mark
}

/** A store in memory whose entries can be dropped and marked by the text of their key. */
export interface NearStore extends Omit<AssociationStore["Service"], "recall"> {
  readonly recall: (key: StoreKey, now?: Stamp) => MarkedEntry
  readonly drop: (keyText: string) => void
  /** Marks both entries of a key, or its negative entry alone. */
  readonly mark: (keyText: string, mark: Mark, what?: "all" | "negative") => void
}
