/**
 * `npm run reliability [-- name …]`: runs the failures of Redis under load. Without names, and if there was no fault, it
 * writes docs/reference/reliability.md. With `soak` it runs the soak alone (see `soak/run.ts`).
 */
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { loadavg } from "node:os"
import { fileURLToPath } from "node:url"
import { choose } from "../choice.ts"
import { toPage } from "./page.ts"
import { faultsOf, run } from "./run.ts"
import type { Scenario } from "./Scenario.ts"
import { scenarios } from "./scenarios.ts"
import type { Outcome, Timing } from "./Timing.ts"

const page = fileURLToPath(new URL("../../../../docs/reference/reliability.md", import.meta.url))

const timing: Timing = {
  connections: 8,
  pauseMs: 20,
  coldMs: 50,
  turnMs: 200,
  beforeMs: 3_000,
  duringMs: 6_000,
  propagationMs: 3_000,
  afterMs: 3_000,
  recoveryMs: 60_000
}

const runAll = Effect.fnUntraced(function*(names: ReadonlyArray<string>) {
  const rows: Array<readonly [Scenario, Outcome]> = []
  for (const scenario of scenarios.filter(({ name }) => names.includes(name))) {
    const outcome = yield* run(scenario, timing)
    rows.push([scenario, outcome])
    const { p99 } = outcome.latencies.during
    console.log(
      `${scenario.name}: ${outcome.questions} questions, ${outcome.wrong} wrong, p99 ${p99.toFixed(0)} ms, ` +
        `well again after ${(outcome.recoveredMs / 1_000).toFixed(1)} s`
    )
    for (const fault of faultsOf(outcome)) console.error(`  ${fault}`)
  }
  return rows
})

if (process.argv.includes("soak")) {
  await import("./soak/main.ts")
} else {
  const { isNamed, names } = choose("scenario", scenarios.map(({ name }) => name))
  const [busy = 0] = loadavg()
  const rows = await Effect.runPromise(runAll(names))
  if (rows.some(([, outcome]) => faultsOf(outcome).length > 0)) process.exitCode = 1
  else if (!isNamed) writeFileSync(page, toPage(rows, timing, busy))
}
