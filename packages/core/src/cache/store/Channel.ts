/**
 * What this process has heard of the changes that others make, and what it may have missed.
 *
 * **Details**
 *
 * Each time that the channel stands again a new epoch begins. What memory holds from an earlier epoch is distrusted, not
 * dropped: the shared store is asked about it before it serves, entry by entry as questions come. So neither a channel
 * that flaps nor a shared store that is gone empties the memory of a replica, and nobody looks up everything at once.
 */
import type { Mark } from "./NearStore.ts"

export interface Channel {
  readonly isUp: () => boolean
  readonly noteUp: () => void
  readonly noteDown: () => void
  /** Something was heard, or done, about a key. */
  readonly noteChange: (keyText: string) => void
  /** Differs from what it was before if something may have changed since about the key. */
  readonly versionOf: (keyText: string) => number
  /** The mark of what is put in memory now. */
  readonly mark: (isShared: boolean) => Mark
  /** May what has this mark serve without asking the shared store? */
  readonly isCurrent: (mark: Mark | undefined) => boolean
  /** The era of the shared store, as it was read just now: it differs where the store lost everything. */
  readonly noteEra: (era: string) => void
  /** Can the shared store be expected to have had what carries this mark? */
  readonly wasShared: (mark: Mark | undefined) => boolean
}

export const makeChannel = (): Channel => {
  const state: { isUp: boolean; epoch: number; era: string | undefined; wipeEpoch: number } = {
    isUp: false,
    epoch: 1,
    era: undefined,
    wipeEpoch: 0
  }
  const changes = makeCounters()
  return {
    isUp: () => state.isUp,
    noteUp: () => {
      state.isUp = true
      state.epoch += 1
      changes.noteAll()
    },
    noteDown: () => {
      state.isUp = false
      changes.noteAll()
    },
    noteChange: changes.note,
    versionOf: changes.of,
    mark: (isShared) => isShared ? state.epoch : -state.epoch,
    isCurrent: (mark) => state.isUp && mark !== undefined && Math.abs(mark) === state.epoch,
    noteEra: (era) => {
      if (state.era !== undefined && state.era !== era) state.wipeEpoch = state.epoch
      state.era = era
    },
    wasShared: (mark) => mark !== undefined && mark > 0 && mark >= state.wipeEpoch
  }
}

/**
 * Counts changes by key, in so many counters: keys that share one are taken for changed with each other, which costs a
 * question to the far store. Fewer would cost that all the time in a fleet that learns much.
 */
const makeCounters = () => {
  const counters = new Uint32Array(4_096)
  const place = (keyText: string): number => {
    let sum = 0
    for (let index = 0; index < keyText.length; index += 1) sum = Math.imul(sum, 31) + keyText.charCodeAt(index)
    return sum & (counters.length - 1)
  }
  return {
    note: (keyText: string): void => {
      const at = place(keyText)
      counters[at] = (counters[at] ?? 0) + 1
    },
    noteAll: (): void => counters.forEach((count, at) => counters[at] = count + 1),
    of: (keyText: string): number => counters[place(keyText)] ?? 0
  }
}
