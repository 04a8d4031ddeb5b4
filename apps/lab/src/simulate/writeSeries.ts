/**
 * Makes all runs of the page, and writes it, its plots, and the example of the guide.
 */
import { Effect } from "effect"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseCosts, toExample, withExample } from "./example.ts"
import { type Named, toPage } from "./page.ts"
import { drawAll } from "./pagePlots.ts"
import * as series from "./series.ts"
import { simulate } from "./simulate.ts"

const docs = fileURLToPath(new URL("../../../../docs/", import.meta.url))
const reference = `${docs}reference/`
const guide = `${docs}guides/capacity.md`

const runAll = (title: string, runs: ReadonlyArray<series.Run>): Effect.Effect<Named> =>
  Effect.forEach(runs, ({ name, scenario }) =>
    Effect.gen(function*() {
      const startedAt = performance.now()
      const report = yield* simulate(scenario)
      const { simulated, wrong } = report.answers
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0)
      console.log(`${title}, ${name}: ${simulated} questions in ${seconds} s, ${wrong} wrong`)
      if (wrong > 0) process.exitCode = 1
      return [name, report] as const
    }))

export const writeSeries = Effect.gen(function*() {
  const parts = {
    usual: yield* runAll("a day", series.usual),
    days: yield* runAll("days", series.days),
    byRate: yield* runAll("by rate", series.byRate),
    byDomains: yield* runAll("by domains", series.byDomains),
    shared: yield* runAll("with Redis, replicas", series.byReplicas(true)),
    unshared: yield* runAll("without Redis, replicas", series.byReplicas(false)),
    large: yield* runAll("a large fleet", series.large),
    byOutage: yield* runAll("outage", series.byOutage),
    coldStart: yield* runAll("a start with nothing, replicas", series.coldStart),
    mistaken: yield* runAll("another certificate, replicas", series.mistaken)
  }
  const plots = yield* Effect.promise(() => drawAll(parts))
  const costs = parseCosts(readFileSync(`${reference}performance.md`, "utf8"))
  const example = toExample(parts.large, series.largeRate, costs)
  mkdirSync(`${reference}simulation`, { recursive: true })
  writeFileSync(`${reference}simulation.md`, toPage(parts))
  for (const [name, svg] of plots) writeFileSync(`${reference}simulation/${name}.svg`, svg)
  writeFileSync(guide, withExample(readFileSync(guide, "utf8"), example))
})
