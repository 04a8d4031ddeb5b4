/** What samples of a process's memory say about a leak. */

/** Bytes. */
export interface Sample {
  /** Resolutions so far. */
  readonly resolutions: number
  /** Resident memory of the allocator that native code uses; V8's heap is elsewhere. */
  readonly native: number
  /** Of V8's heap, in use. */
  readonly heap: number
  /** Outside of the heap, and accounted for by V8. */
  readonly external: number
  readonly rss: number
}

/** Bytes by which the value grows with each resolution: the line through all samples that fits best. */
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
