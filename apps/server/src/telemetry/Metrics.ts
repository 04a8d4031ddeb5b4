/**
 * The values of the catalogue: one cell per series. All series exist from the start, so that rates work.
 *
 * **Details**
 *
 * Effect's metrics render them. The counting uses plain cells, which are cheap on the hot path
 * (`docs/decisions/telemetry.md`).
 */
import { Context, Effect, Metric } from "effect"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import { catalogue, type Labels, type MetricName } from "./catalogue.ts"
import type { HistogramRow, Row } from "./Row.ts"

/** A counter or a gauge. */
export interface Cell {
  value: number
  /** If set, read at each scrape in place of the value. */
  read?: () => number
}

export interface Histogram {
  readonly observe: (value: number) => void
  /** Observations of each bucket, not cumulated, with one more above the last boundary; their number and their sum. */
  readonly read: () => Array<number>
  /** Sets what {@link Histogram.read} returns. */
  readonly write: (numbers: ReadonlyArray<number>) => void
}

export const readCell = (cell: Cell): number => cell.read === undefined ? cell.value : cell.read()

export class Metrics extends Context.Service<Metrics, {
  /** The cell of one series. Throws if the catalogue lacks it. */
  readonly cell: (name: MetricName, labels?: Labels) => Cell
  readonly histogram: (name: MetricName, labels?: Labels) => Histogram
  /** All series in the text format of Prometheus. */
  readonly text: Effect.Effect<string>
}>()("posh/server/telemetry/Metrics") {}

/** Uses a registry of its own: without other metrics of the process. */
export const makeMetrics = (): Metrics["Service"] => {
  const context = Context.make(Metric.MetricRegistry, new Map())
  const cells = new Map<string, Cell>()
  const histograms = new Map<string, Histogram>()
  for (const [name, row] of Object.entries<Row>(catalogue)) {
    for (const labels of row.series) {
      if (row.type === "histogram") histograms.set(keyOf(name, labels), registerHistogram(context, name, row, labels))
      else cells.set(keyOf(name, labels), registerCell(context, name, row, labels))
    }
  }
  return {
    cell: (name, labels = {}) => seriesOf(cells, name, labels),
    histogram: (name, labels = {}) => seriesOf(histograms, name, labels),
    text: Effect.sync(() => PrometheusMetrics.formatUnsafe(context))
  }
}

const keyOf = (name: string, labels: Labels): string =>
  [name, ...Object.keys(labels).toSorted().map((label) => `${label}=${labels[label]}`)].join(" ")

const seriesOf = <A>(known: ReadonlyMap<string, A>, name: string, labels: Labels): A => {
  const series = known.get(keyOf(name, labels))
  if (series === undefined) throw new Error(`the catalogue has no ${keyOf(name, labels)}`)
  return series
}

const registerCell = (context: Context.Context<never>, name: string, row: Row, attributes: Labels): Cell => {
  const cell: Cell = { value: 0 }
  const read = () => readCell(cell)
  const description = row.help
  if (row.type === "counter") {
    Metric.registerUnsafe(Metric.counter(name, { description, attributes, incremental: true }), context, {
      get: () => ({ count: read(), incremental: true }),
      ...readOnly
    })
  } else {
    Metric.registerUnsafe(Metric.gauge(name, { description, attributes }), context, {
      get: () => ({ value: read() }),
      ...readOnly
    })
  }
  return cell
}

const registerHistogram = (
  context: Context.Context<never>,
  name: string,
  { buckets: boundaries, help: description }: HistogramRow,
  attributes: Labels
): Histogram => {
  // One more bucket for values above the last boundary.
  const counts = new Float64Array(boundaries.length + 1)
  const total = { count: 0, sum: 0 }
  Metric.registerUnsafe(Metric.histogram(name, { description, attributes, boundaries }), context, {
    get: () => ({ buckets: cumulative(boundaries, counts), min: 0, max: 0, ...total }),
    ...readOnly
  })
  return {
    observe: (value) => {
      // A linear search: most values are small, and there are few buckets.
      let bucket = 0
      while (bucket < boundaries.length && value > (boundaries[bucket] ?? 0)) bucket += 1
      counts[bucket] = (counts[bucket] ?? 0) + 1
      total.count += 1
      total.sum += value
    },
    read: () => [...counts, total.count, total.sum],
    write: (numbers) => {
      counts.set(numbers.slice(0, counts.length))
      const [count = 0, sum = 0] = numbers.slice(counts.length)
      Object.assign(total, { count, sum })
    }
  }
}

const cumulative = (boundaries: ReadonlyArray<number>, counts: Float64Array): Array<[number, number]> => {
  let sum = 0
  return boundaries.map((boundary, bucket) => [boundary, sum += counts[bucket] ?? 0])
}

const readOnly = { update: () => undefined, modify: () => undefined }
