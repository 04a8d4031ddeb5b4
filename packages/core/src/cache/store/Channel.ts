/**
 * Tracks the change messages of other replicas: which were received, and when some may have been missed.
 *
 * **Details**
 *
 * A new epoch begins with every reconnection of the channel. Entries of an earlier epoch are not evicted but revalidated:
 * a question that needs one reads the shared store first. So neither a flapping channel nor an outage of the shared store
 * empties the memory of a replica, and no reconnection causes a burst of reads.
 */
import type { Mark } from "./NearStore.ts"

export interface Channel {
  readonly isUp: () => boolean
  readonly noteUp: () => void
  readonly noteDown: () => void
  /** A key was changed, by another replica or by this one. */
  readonly noteChange: (keyText: string) => void
  /** A version of the key. It differs from an earlier one if the key may have changed since. */
  readonly versionOf: (keyText: string) => number
  /** The mark of an entry that is put in memory now; `isShared`: the shared store has it too. */
  readonly mark: (isShared: boolean) => Mark
  /** True if an entry with this mark serves without a read of the shared store. */
  readonly isCurrent: (mark: Mark | undefined) => boolean
  /** Records the era that was just read from the shared store. A different one means that the store lost all data. */
  readonly noteEra: (era: string) => void
  /** True if the shared store had the entry with this mark, and has not lost all data since. */
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
      if (state.era !== undefined && state.era !== era) {
        // A new epoch, because entries of this one were lost too: the channel may still be down when the loss is found.
        state.epoch += 1
        state.wipeEpoch = state.epoch
      }
      state.era = era
    },
    wasShared: (mark) => mark !== undefined && mark > 0 && mark >= state.wipeEpoch
  }
}

/**
 * Counts changes by hash of the key. Keys that share a counter appear to change together, which costs a read of the far
 * store; with fewer counters a busy fleet would pay that often.
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
