/** Comparisons as tables and figures. */
import type { Figure, Table, Target } from "../Outcome.ts"
import { type Spread, toText } from "../Spread.ts"
import type { Compared } from "./ratios.ts"

export const isBaseline = ({ name }: Pick<Compared, "name">): boolean => name.startsWith("bare")

/** A line for each server; after it, those of its ratios that say something: ours to the baselines, and to ours before it. */
export const comparisonTable = (title: string, all: ReadonlyArray<Compared>): Table => ({
  title,
  head: ["", "answers/s", "CPU an answer, µs", "p50, ms", "p99, ms", "throughput ratio", "CPU ratio"],
  rows: all.flatMap((compared, index) => [
    toRow(compared),
    ...(isBaseline(compared) ? [] : all.slice(0, index).map(({ name }) => toRatioRow(compared, name)))
  ])
})

const toRow = ({ cpuMicros, name, p50Ms, p99Ms, perSecond }: Compared): ReadonlyArray<string> => [
  name,
  toText(perSecond, 0),
  toText(cpuMicros, 1),
  toText(p50Ms, 2),
  toText(p99Ms, 2),
  "",
  ""
]

const toRatioRow = ({ cpu, name, throughput }: Compared, baseline: string): ReadonlyArray<string> => [
  `${name} of ${baseline}`,
  "",
  "",
  "",
  "",
  toText(throughput[baseline]!, 2),
  toText(cpu[baseline]!, 2)
]

/** What one server reaches of another. */
export const ratioFigure = (what: string, target: Target, compared: Compared, baseline: string): Figure => ({
  what,
  target,
  measured: { throughput: ratioOf(compared.throughput, baseline), CPU: ratioOf(compared.cpu, baseline) }
})

const ratioOf = (ratios: Readonly<Record<string, Spread>>, baseline: string): Spread => {
  const ratio = ratios[baseline]
  if (ratio === undefined) throw new Error(`not compared with ${baseline}`)
  return ratio
}

export const comparedOf = (all: ReadonlyArray<Compared>, name: string): Compared => {
  const compared = all.find((one) => one.name === name)
  if (compared === undefined) throw new Error(`not measured: ${name}`)
  return compared
}
