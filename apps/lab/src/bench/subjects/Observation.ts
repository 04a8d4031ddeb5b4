/** What a server tells of its event loop and its garbage collector, and sums of it. */

/** Milliseconds. */
export interface Observation {
  /** The longest time for which the event loop did nothing else. */
  readonly stallMs: number
  /** Pauses of the collector: of young objects (scavenges), and all others. */
  readonly minorMs: number
  readonly majorMs: number
  /** The longest pause. */
  readonly longestMs: number
}

export interface Observer {
  /** For `StartOptions.onMessage`. */
  readonly receive: (message: unknown) => void
  /** What was observed since the last call. */
  readonly take: () => Observation
}

const none: Observation = { stallMs: 0, minorMs: 0, majorMs: 0, longestMs: 0 }

export const makeObserver = (): Observer => {
  let sum = none
  return {
    receive: (message) => {
      const next = message as Observation
      sum = {
        stallMs: Math.max(sum.stallMs, next.stallMs),
        minorMs: sum.minorMs + next.minorMs,
        majorMs: sum.majorMs + next.majorMs,
        longestMs: Math.max(sum.longestMs, next.longestMs)
      }
    },
    take: () => {
      const taken = sum
      sum = none
      return taken
    }
  }
}
