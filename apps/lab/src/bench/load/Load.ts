/** What a generator of load is asked for, and what it tells. */

export interface LoadOptions {
  readonly port: number
  /** A file of `requests.ts`. */
  readonly requests: string
  readonly connections: number
  readonly seconds: number
  /** Seed of the choice of requests. */
  readonly seed: number
  /** An answer counts as right if it is a 200 that contains this text. */
  readonly expect: string
}

export interface LoadResult {
  readonly answers: number
  /** Answers that were not right. */
  readonly wrong: number
  /** How long it took, which is a little more than asked for. */
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
}
