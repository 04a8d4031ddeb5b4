/** What a comparison says: ratios to the first of the servers, round by round. */
import { type Spread, spreadOf } from "../Spread.ts"
import type { Measured } from "./compare.ts"
import type { Round } from "./servers.ts"

export interface Compared {
  readonly name: string
  readonly perSecond: Spread
  readonly cpuMicros: Spread
  readonly p50Ms: Spread
  readonly p99Ms: Spread
  /** Of the throughput of each other server in the same round, by its name; more is better. */
  readonly throughput: Readonly<Record<string, Spread>>
  /** Its CPU time for each answer, divided by the one of this server; more is better. */
  readonly cpu: Readonly<Record<string, Spread>>
}

export const toCompared = (all: ReadonlyArray<Measured>): ReadonlyArray<Compared> =>
  all.map((measured) => ({
    name: measured.name,
    ...spreads(measured.rounds),
    throughput: ratios(measured, all, (ours, theirs) => ours.perSecond / theirs.perSecond),
    cpu: ratios(measured, all, (ours, theirs) => theirs.cpuMicros / ours.cpuMicros)
  }))

const spreads = (rounds: ReadonlyArray<Round>) => ({
  perSecond: spreadOf(rounds.map(({ perSecond }) => perSecond)),
  cpuMicros: spreadOf(rounds.map(({ cpuMicros }) => cpuMicros)),
  p50Ms: spreadOf(rounds.map(({ p50Ms }) => p50Ms)),
  p99Ms: spreadOf(rounds.map(({ p99Ms }) => p99Ms))
})

const ratios = (
  measured: Measured,
  all: ReadonlyArray<Measured>,
  ratio: (ours: Round, theirs: Round) => number
): Readonly<Record<string, Spread>> =>
  Object.fromEntries(
    all.filter(({ name }) => name !== measured.name).map(({ name, rounds }) => [
      name,
      spreadOf(measured.rounds.map((ours, index) => ratio(ours, rounds[index]!)))
    ])
  )
