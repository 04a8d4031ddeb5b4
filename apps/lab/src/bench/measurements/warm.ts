/** Warm `POST /v1/verify` for fleets of several shapes, beside the bare handlers. */
import type { Bench } from "../Bench.ts"
import { compare, warmUp } from "../compare/compare.ts"
import { toCompared } from "../compare/ratios.ts"
import { comparedOf, comparisonTable, ratioFigure } from "../compare/report.ts"
import { withServers } from "../compare/servers.ts"
import { nameOf, type Shape } from "../fleet/Fleet.ts"
import type { Measurement } from "../Measurement.ts"
import type { Outcome } from "../Outcome.ts"
import { titleOf } from "./titleOf.ts"

export const warm: Measurement = {
  title: "Warm answers",
  method:
    "The service knows all domains and has seen all certificates. Each request asks about a domain that is chosen " +
    "uniformly at random, with the certificate that this domain vouches for.",
  run: async (bench) => {
    const outcomes: Array<Outcome> = []
    for (const shape of bench.options.rows) outcomes.push(await row(bench, shape))
    return {
      figures: outcomes.flatMap(({ figures }) => figures),
      tables: outcomes.flatMap(({ tables = [] }) => tables),
      series: outcomes.flatMap(({ series = [] }) => series)
    }
  }
}

const row = async (bench: Bench, shape: Shape): Promise<Outcome> => {
  const fleet = await bench.fleet(shape)
  const compared = toCompared(
    await withServers(bench.subjects, { fleet }, async (servers) => {
      await warmUp(servers, bench.effort)
      return compare(servers, bench.effort)
    })
  )
  const table = comparisonTable(titleOf(shape), compared)
  bench.tell(table)
  return {
    figures: targets(shape).flatMap(({ baseline, least }) =>
      compared.some(({ name }) => name === baseline)
        ? [ratioFigure(`${titleOf(shape)}, of ${baseline}`, { least }, comparedOf(compared, "posh"), baseline)]
        : []
    ),
    tables: [table],
    series: compared.map(({ cpuMicros, name }) => ({
      plot: "fleets",
      name,
      points: [[nameOf(shape), cpuMicros.median]]
    }))
  }
}

/** Least ratios by fleet: to bare Node.js, and to bare Go where there is one. */
const least: Readonly<Record<string, readonly [node: number, go?: number]>> = {
  "1x1": [0.85],
  "10000x10000": [0.8, 1],
  "100000x1000": [0.8, 1],
  "100000x100000": [0.75]
}

const targets = (shape: Shape) => {
  const [node, go] = least[nameOf(shape)] ?? []
  return [
    ...(node === undefined ? [] : [{ baseline: "bare node:http", least: node }]),
    ...(go === undefined ? [] : [{ baseline: "bare Go", least: go }])
  ]
}
