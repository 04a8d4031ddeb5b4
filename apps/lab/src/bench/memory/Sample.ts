/** What the process under test tells at one size of its cache. */
export interface Sample {
  readonly entries: number
  /** Since the process knew nothing. */
  readonly bytes: number
  /** CPU time of a warm verdict, in several runs. */
  readonly micros: ReadonlyArray<number>
}
