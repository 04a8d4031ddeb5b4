/** Counts of durations in buckets of equal ratio: constant memory, and percentiles within 5 %. */
export interface Histogram {
  readonly add: (value: number) => void
  /** Of all values; NaN if there are none. `q` from 0 to 1. */
  readonly quantile: (q: number) => number
  readonly count: () => number
}

/** Buckets for one doubling. */
const resolution = 14

export const makeHistogram = (): Histogram => {
  const buckets: Array<number> = []
  const total = { count: 0 }
  return {
    add: (value) => {
      const bucket = Math.floor(Math.log2(Math.max(0, value) + 1) * resolution)
      buckets[bucket] = (buckets[bucket] ?? 0) + 1
      total.count += 1
    },
    quantile: (q) => {
      const wanted = Math.max(1, Math.ceil(q * total.count))
      let seen = 0
      for (const [bucket, count = 0] of buckets.entries()) {
        seen += count
        if (seen >= wanted) return 2 ** ((bucket + 0.5) / resolution) - 1
      }
      return Number.NaN
    },
    count: () => total.count
  }
}
