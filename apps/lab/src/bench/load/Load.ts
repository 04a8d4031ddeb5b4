/** What a generator of load is asked for, and what it tells. */

export interface LoadOptions {
  readonly port: number
  /** A file of `requests.ts`. */
  readonly requests: string
  readonly connections: number
  readonly seconds: number
  /** Seed of all that is random. */
  readonly seed: number
  /** An answer counts as right if it is a 200 that contains this text. */
  readonly expect: string
  /**
   * Requests a second, which arrive whether or not the server keeps up (Poisson). Default: each connection sends the next one
   * after the answer to the last one, which is as much as the server can do.
   */
  readonly rate?: number
  /** Send the requests in order, each once, and end with the last one. Default: uniformly at random. */
  readonly once?: boolean
}

export interface LoadResult {
  readonly answers: number
  /** Answers that were not right. */
  readonly wrong: number
  /** How long it took, which is a little more than asked for. */
  readonly seconds: number
  /** With `rate`, from the time at which a request was due, so that a stall counts for all that it delays. */
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly mostMs: number
}
