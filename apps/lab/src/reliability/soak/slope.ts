/** Memory samples of a process, and their slope, which shows a leak. */

/** Bytes. */
export interface Sample {
  /** Resolutions so far. */
  readonly resolutions: number
  /** Resident memory of the native allocator, without V8's heap. */
  readonly native: number
  /** Used memory of V8's heap. */
  readonly heap: number
  /** Memory outside the heap that V8 accounts for. */
  readonly external: number
  readonly rss: number
}

/** Growth of the value per resolution in bytes, by linear regression. */
export const slopeOf = (samples: ReadonlyArray<Sample>, value: (sample: Sample) => number): number => {
  const meanOf = (numbers: ReadonlyArray<number>) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length
  const mean = { x: meanOf(samples.map(({ resolutions }) => resolutions)), y: meanOf(samples.map(value)) }
  const covariance = samples.reduce(
    (sum, sample) => sum + (sample.resolutions - mean.x) * (value(sample) - mean.y),
    0
  )
  const variance = samples.reduce((sum, { resolutions }) => sum + (resolutions - mean.x) ** 2, 0)
  return variance === 0 ? 0 : covariance / variance
}
