/** One metric, as data. */

export type Labels = Readonly<Record<string, string>>

export type Row = CounterRow | GaugeRow | HistogramRow

interface CommonRow {
  /** Unit of the value; seconds and bytes for measurements. */
  readonly unit: string
  readonly help: string
  /** Advice for operators. */
  readonly advice: string
  /** All combinations of labels; all series exist from the start. */
  readonly series: ReadonlyArray<Labels>
  /** Of a histogram alone: upper bounds. */
  readonly buckets?: ReadonlyArray<number>
}

/** With workers, the sum over all processes since the start. */
export interface CounterRow extends CommonRow {
  readonly type: "counter"
}

export interface GaugeRow extends CommonRow {
  readonly type: "gauge"
  /**
   * What a service of several workers (`POSH_WORKERS`) shows: the sum over its workers, that over all processes with the parent, the
   * greatest or least value of a worker, or the value of the parent.
   */
  readonly workers: "sum" | "all" | "max" | "min" | "parent"
}

/** With workers, the sum over all processes since the start. */
export interface HistogramRow extends CommonRow {
  readonly type: "histogram"
  readonly buckets: ReadonlyArray<number>
}
