/**
 * `npm run simulate [-- option …]`: one run, as a table or with `--json`. `npm run simulate -- series` makes the runs of
 * docs/reference/simulation.md, and writes the page and its plots.
 */
import { Effect } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { type Named, toPage } from "./page.ts"
import { parseOutage } from "./parseOutage.ts"
import { draw, lostPoints, tierPoints } from "./plots.ts"
import { hour, type Scenario, usualFleet, usualScenario, usualWorld } from "./Scenario.ts"
import { byOutage, byRate, byReplicas, coldStart, mistaken, type Run, usual } from "./series.ts"
import { simulate } from "./simulate.ts"
import { toSummary } from "./summary.ts"

/** Spans are off, and would capture a stack trace each. */
Error.stackTraceLimit = 0

const reference = fileURLToPath(new URL("../../../../docs/reference/", import.meta.url))

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    "domains": { type: "string", default: String(usualWorld.domains) },
    "exponent": { type: "string", default: String(usualWorld.exponent) },
    "rate": { type: "string", default: String(usualScenario.rate) },
    "replicas": { type: "string", default: String(usualFleet.replicas) },
    "cache-entries": { type: "string", default: String(usualFleet.cacheEntries) },
    "no-redis": { type: "boolean", default: false },
    "by-domain": { type: "boolean", default: false },
    "sample": { type: "string", default: "1" },
    "warm-up": { type: "string", default: "1" },
    "hours": { type: "string", default: "1" },
    "outage": { type: "string", multiple: true, default: [] },
    "seed": { type: "string", default: usualScenario.seed },
    "json": { type: "boolean", default: false }
  }
})

const scenario = (): Scenario => ({
  world: { ...usualWorld, domains: Number(values.domains), exponent: Number(values.exponent) },
  fleet: {
    ...usualFleet,
    replicas: Number(values.replicas),
    cacheEntries: Number(values["cache-entries"]),
    redis: !values["no-redis"],
    balance: values["by-domain"] ? "by domain" : "any"
  },
  rate: Number(values.rate),
  sample: Number(values.sample),
  warmUpMs: Number(values["warm-up"]) * hour,
  durationMs: Number(values.hours) * hour,
  outages: values.outage.map(parseOutage),
  seed: values.seed
})

const runOne = Effect.map(Effect.suspend(() => simulate(scenario())), (report) => {
  console.log(values.json ? JSON.stringify(report, null, 2) : toSummary([["", report]]))
  if (report.answers.wrong > 0) process.exitCode = 1
})

const runAll = (runs: ReadonlyArray<Run>): Effect.Effect<Named> =>
  Effect.forEach(runs, ({ name, scenario }) =>
    Effect.map(simulate(scenario), (report) => {
      console.log(`${name}: ${report.answers.simulated} questions, ${report.answers.wrong} wrong`)
      if (report.answers.wrong > 0) process.exitCode = 1
      return [name, report] as const
    }))

const runSeries = Effect.gen(function*() {
  const parts = {
    usual: yield* simulate(usual.scenario),
    byRate: yield* runAll(byRate),
    shared: yield* runAll(byReplicas(true)),
    unshared: yield* runAll(byReplicas(false)),
    byOutage: yield* runAll(byOutage),
    coldStart: yield* runAll(coldStart),
    mistaken: yield* runAll(mistaken)
  }
  mkdirSync(`${reference}simulation`, { recursive: true })
  writeFileSync(`${reference}simulation.md`, toPage(parts))
  const plots = yield* Effect.promise(() => drawAll(parts))
  for (const [name, svg] of plots) writeFileSync(`${reference}simulation/${name}.svg`, svg)
})

const drawAll = (
  { byOutage, byRate, shared, unshared }: Record<"byOutage" | "byRate" | "shared" | "unshared", Named>
) =>
  Promise.all([
    plot("tiers-by-rate", byRate.flatMap(([name, report]) => tierPoints(Number.parseFloat(name), report)), {
      title: "Where answers come from",
      x: "questions a second",
      y: "share of answers",
      logarithmic: ["x"],
      percent: true
    }),
    plot(
      "requests-by-replicas",
      [["with Redis", shared] as const, ["without Redis", unshared] as const].flatMap(([series, runs]) =>
        runs.map(([name, { requests }]) => ({ x: Number(name), y: requests.perSecond, series }))
      ),
      { title: "Requests to origins", x: "replicas", y: "requests a second", logarithmic: ["x"] }
    ),
    plot(
      "redis-by-replicas",
      shared.flatMap(([name, { redis }]) => [
        { x: Number(name), y: redis.perSecond, series: "commands" },
        { x: Number(name), y: redis.idlePerSecond, series: "of these idle" },
        { x: Number(name), y: redis.messagesPerSecond, series: "messages delivered" }
      ]),
      { title: "Redis", x: "replicas", y: "a second", logarithmic: ["x", "y"] }
    ),
    plot("outages", byOutage.flatMap(([name, report]) => lostPoints(name, report)), {
      title: "Don't know, of domains that can be reached",
      x: "minutes",
      y: "share of answers",
      percent: true
    })
  ])

const plot = (name: string, ...args: Parameters<typeof draw>) => draw(...args).then((svg) => [name, svg] as const)

await Effect.runPromise(positionals.includes("series") ? runSeries : runOne)
