/** One measurement of the bench. */
import type { Bench } from "./Bench.ts"
import type { Outcome } from "./Outcome.ts"

export interface Measurement {
  readonly title: string
  /** What is measured and how, for the page: whole sentences. */
  readonly method: string
  readonly run: (bench: Bench) => Promise<Outcome>
}
