/**
 * The memory of one process in front of a store that a fleet shares. Each entry carries a mark: in which epoch of the
 * channel of changes it was last known to agree with the shared store, and whether that store took it at all.
 */
import type { Stamp } from "../../question/Stamp.ts"
import type { StoreKey } from "../../question/StoreKey.ts"
import type { AssociationStore, CacheEntry } from "./AssociationStore.ts"

/** Positive: agreed with the shared store in the epoch of this number. Negative: so old, and the shared store never took it. */
export type Mark = number

/** Of what was put in and not marked since: it agrees in no epoch. */
export const unmarked: Mark = 0

export interface MarkedEntry extends CacheEntry {
  /** Absent where nothing is remembered. */
  readonly mark?: Mark
}

/** A store that can drop and mark by name. It asks no other. */
export interface NearStore extends Omit<AssociationStore["Service"], "recall"> {
  readonly recall: (key: StoreKey, now?: Stamp) => MarkedEntry
  readonly drop: (keyText: string) => void
  /** Marks what is remembered of a key, or its negative entry alone. */
  readonly mark: (keyText: string, mark: Mark, what?: "all" | "negative") => void
}
