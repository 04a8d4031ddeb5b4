/** A large fleet: throughput by connections, latency at half of the load that saturates, stalls, and garbage collection. */
import type { Bench } from "../Bench.ts"
import { compare, type Measured, warmUp } from "../compare/compare.ts"
import { toCompared } from "../compare/ratios.ts"
import { comparedOf } from "../compare/report.ts"
import { measure, type Round, type Server, withServers } from "../compare/servers.ts"
import type { Measurement } from "../Measurement.ts"
import type { Outcome, Series, Table } from "../Outcome.ts"
import { type Spread, spreadOf, toText } from "../Spread.ts"
import type { Observation } from "../subjects/Observation.ts"
import { titleOf } from "./titleOf.ts"

export const load: Measurement = {
  title: "A large fleet under load",
  method: "Requests arrive at half the rate that the same server managed at most, as those of independent callers do " +
    "(Poisson), and their time counts from when they were due. The stalls of the event loop and the pauses of the collector " +
    "are observed within the server.",
  run: async (bench) => {
    const fleet = await bench.fleet(bench.options.large)
    return withServers(bench.subjects, { fleet, isObserved: true }, async (servers) => {
      await warmUp(servers, bench.effort)
      const full = await observed(servers, () => compare(servers, bench.effort))
      const saturating = toCompared(full.result)
      const rateOf = (server: Server) => comparedOf(saturating, server.name).perSecond.median / 2
      const half = await observed(servers, () => compare(servers, bench.effort, halfLoad(bench, rateOf)))
      return toOutcome(bench, { full, half, byConnections: await sweep(bench, servers) })
    })
  }
}

interface Observed {
  readonly result: ReadonlyArray<Measured>
  /** In the order of the servers. */
  readonly observations: ReadonlyArray<Observation>
}

const observed = async (
  servers: ReadonlyArray<Server>,
  run: () => Promise<ReadonlyArray<Measured>>
): Promise<Observed> => {
  for (const { observer } of servers) observer.take()
  const result = await run()
  return { result, observations: servers.map(({ observer }) => observer.take()) }
}

/** So many that none waits for a connection unless the server stands still. */
const openConnections = 128

const halfLoad = ({ effort }: Bench, rateOf: (server: Server) => number) => (server: Server, round: number) =>
  measure(server, { connections: openConnections, seconds: effort.seconds, seed: round, rate: rateOf(server) })

const sweep = async ({ effort, options }: Bench, servers: ReadonlyArray<Server>): Promise<ReadonlyArray<Series>> => {
  const points = servers.map(() => Array<readonly [x: number, y: number]>())
  for (const count of options.sweep) {
    for (const [index, server] of servers.entries()) {
      const { perSecond } = await measure(server, {
        connections: count,
        seconds: Math.min(1, effort.seconds),
        seed: count
      })
      points[index]!.push([count, perSecond])
    }
  }
  return servers.map(({ name }, index) => ({ plot: "connections", name, points: points[index]! }))
}

const toOutcome = (
  bench: Bench,
  { byConnections, full, half }: {
    readonly full: Observed
    readonly half: Observed
    readonly byConnections: ReadonlyArray<Series>
  }
): Outcome => {
  const title = titleOf(bench.options.large)
  const tables = [
    latencyTable(`${title}, at half of the saturating load`, half),
    collectorTable(
      `${title}: event loop and garbage collection`,
      { full, half },
      bench.effort.rounds * bench.effort.seconds
    )
  ]
  for (const table of tables) bench.tell(table)
  const [ours, bare] = ["posh", "bare node:http"].map((name) => half.result.find((one) => one.name === name)!)
  const longest = half.observations[half.result.indexOf(ours!)]!.stallMs
  return {
    figures: [
      {
        what: `p99 at half of the saturating load, ${title}, to that of bare node:http`,
        target: { most: 2 },
        measured: { p99: ratioOf(ours!, bare!) }
      },
      {
        what: `longest stall of the event loop at that load`,
        target: { most: 25, unit: "ms" },
        measured: { stall: spreadOf([longest]) }
      }
    ],
    tables,
    series: [...byConnections, ...half.result.map(({ name, rounds }) => percentiles(name, rounds))]
  }
}

const ratioOf = (ours: Measured, theirs: Measured): Spread =>
  spreadOf(ours.rounds.map(({ p99Ms }, index) => p99Ms / theirs.rounds[index]!.p99Ms))

const quantiles = [["50", "p50Ms"], ["90", "p90Ms"], ["99", "p99Ms"], ["99.9", "p999Ms"], ["100", "mostMs"]] as const

const percentiles = (name: string, rounds: ReadonlyArray<Round>): Series => ({
  plot: "latency",
  name,
  points: quantiles.map(([quantile, key]) => [quantile, spreadOf(rounds.map((round) => round[key])).median])
})

const latencyTable = (title: string, { result }: Observed): Table => ({
  title,
  head: ["", "requests/s", "CPU an answer, µs", "p50, ms", "p90, ms", "p99, ms", "p99.9, ms", "most, ms"],
  rows: result.map(({ name, rounds }) => [
    name,
    toText(spreadOf(rounds.map(({ perSecond }) => perSecond)), 0),
    toText(spreadOf(rounds.map(({ cpuMicros }) => cpuMicros)), 1),
    ...quantiles.map(([, key]) => toText(spreadOf(rounds.map((round) => round[key])), 2))
  ])
})

const collectorTable = (
  title: string,
  loads: { readonly full: Observed; readonly half: Observed },
  seconds: number
): Table => ({
  title,
  head: ["", "load", "longest stall, ms", "longest pause, ms", "time in scavenges", "time in other collections"],
  rows: Object.entries(loads).flatMap(([load, { observations, result }]) =>
    result.flatMap(({ name }, index) => {
      const { longestMs, majorMs, minorMs, stallMs } = observations[index]!
      const share = (ms: number) => `${(ms / seconds / 10).toFixed(1)} %`
      // Go does not tell.
      return stallMs === 0
        ? []
        : [[name, load, stallMs.toFixed(1), longestMs.toFixed(1), share(minorMs), share(majorMs)]]
    })
  )
})
