/** One metric, as data. */

export type Labels = Readonly<Record<string, string>>

export interface Row {
  readonly type: "counter" | "gauge" | "histogram"
  /** Unit of the value; seconds and bytes for measurements. */
  readonly unit: string
  readonly help: string
  /** Advice for operators. */
  readonly advice: string
  /** All combinations of labels; all series exist from the start. */
  readonly series: ReadonlyArray<Labels>
  /** Upper bounds of the buckets of a histogram. */
  readonly buckets?: ReadonlyArray<number>
}
