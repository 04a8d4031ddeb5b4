/**
 * The values of all series as plain numbers, in the order of the catalogue: what processes of one service send each other. Pure but
 * for reading and writing cells.
 */
import { catalogue, type Labels, type MetricName } from "./catalogue.ts"
import { type Metrics, readCell } from "./Metrics.ts"
import type { GaugeRow, Row } from "./Row.ts"

/** Counters and histograms: they only grow, and reading them changes nothing. */
export type Counts = ReadonlyArray<number>

/** Gauges: reading some of them begins a new period of measurement. */
export type Gauges = ReadonlyArray<number>

interface Series<R extends Row> {
  readonly name: MetricName
  readonly labels: Labels
  readonly row: R
}

const rows = Object.entries<Row>(catalogue) as ReadonlyArray<readonly [MetricName, Row]>

const seriesOf = <R extends Row>(isOne: (row: Row) => row is R): ReadonlyArray<Series<R>> =>
  rows.flatMap(([name, row]) => isOne(row) ? row.series.map((labels) => ({ name, labels, row })) : [])

const counted = seriesOf((row): row is Exclude<Row, GaugeRow> => row.type !== "gauge")
const measured = seriesOf((row): row is GaugeRow => row.type === "gauge")

const widthOf = (row: Row): number => row.type === "histogram" ? row.buckets.length + 3 : 1

/** How many numbers there are of each kind. */
export const countsLength = counted.reduce((sum, { row }) => sum + widthOf(row), 0)
export const gaugesLength = measured.length

export const readCounts = ({ cell, histogram }: Metrics["Service"]): Counts =>
  counted.flatMap(({ labels, name, row }) =>
    row.type === "histogram" ? histogram(name, labels).read() : readCell(cell(name, labels))
  )

export const readGauges = ({ cell }: Metrics["Service"]): Gauges =>
  measured.map(({ labels, name }) => readCell(cell(name, labels)))

/** Shows these values in place of what was counted. */
export const write = ({ cell, histogram }: Metrics["Service"], counts: Counts, gauges: Gauges): void => {
  let at = 0
  for (const { labels, name, row } of counted) {
    const numbers = counts.slice(at, at += widthOf(row))
    if (row.type === "histogram") histogram(name, labels).write(numbers)
    else cell(name, labels).value = numbers[0] ?? 0
  }
  for (const [index, { labels, name }] of measured.entries()) cell(name, labels).value = gauges[index] ?? 0
}

/** The sum of counts, number by number. */
export const addCounts = (all: ReadonlyArray<Counts>): Counts =>
  Array.from({ length: countsLength }, (_, index) => all.reduce((sum, counts) => sum + (counts[index] ?? 0), 0))

/** What a parent and its workers show together, by the rule of each metric. */
export const combineGauges = (parent: Gauges, workers: ReadonlyArray<Gauges>): Gauges =>
  measured.map(({ row }, index) => {
    const own = parent[index] ?? 0
    const values = workers.map((gauges) => gauges[index] ?? 0)
    return values.length === 0 ? own : combinations[row.workers](values, own)
  })

const sumOf = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0)

const combinations: Readonly<
  Record<GaugeRow["workers"], (values: ReadonlyArray<number>, own: number) => number>
> = {
  sum: sumOf,
  all: (values, own) => sumOf(values) + own,
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  parent: (_values, own) => own
}
