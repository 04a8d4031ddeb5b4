/**
 * `npm run simulate [-- option …]`: one run, as a table or with `--json`. `npm run simulate -- series` makes the runs of
 * docs/reference/simulation.md, and writes the page, its plots, and the example of docs/guides/capacity.md.
 */
import { Effect } from "effect"
import { parseArgs } from "node:util"
import { parseOutage } from "./parseOutage.ts"
import { hour, type Scenario, usualFleet, usualScenario, usualWorld } from "./Scenario.ts"
import { simulate } from "./simulate.ts"
import { toSummary } from "./summary.ts"
import { writeSeries } from "./writeSeries.ts"

/** Spans are off, and would capture a stack trace each. */
Error.stackTraceLimit = 0

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

await Effect.runPromise(positionals.includes("series") ? writeSeries : runOne)
