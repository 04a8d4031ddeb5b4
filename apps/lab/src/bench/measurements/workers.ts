/** Two workers beside one, both with Redis, where the service knows workers. */
import { makeRedis } from "@posh/testing"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { commandOf, start } from "../../process.ts"
import { serviceReady } from "../../service.ts"
import type { Bench } from "../Bench.ts"
import { compare, type Measured, warmUp } from "../compare/compare.ts"
import { toCompared } from "../compare/ratios.ts"
import { comparisonTable } from "../compare/report.ts"
import { withServers } from "../compare/servers.ts"
import { fill } from "../fleet/fill.ts"
import { cpuSecondsOfTree } from "../machine/cpuSecondsOfTree.ts"
import { withFlags } from "../machine/node.ts"
import type { Measurement } from "../Measurement.ts"
import type { Outcome } from "../Outcome.ts"
import { spreadOf } from "../Spread.ts"
import { bundleOf } from "../subjects/bundle.ts"
import { environmentFor } from "../subjects/posh.ts"
import type { Subject } from "../subjects/Subject.ts"

const count = 2

export const workers: Measurement = {
  title: "Workers",
  method:
    `${count} workers on one port beside one, both with Redis, not bound to a core. The generator takes its part of the ` +
    "cores, so throughput says less than CPU: that figure is how many answers the same cores would have time for.",
  run: (bench) => knowsWorkers() ? compareCounts(bench) : Promise.resolve({ figures: [] })
}

const knowsWorkers = (): boolean =>
  readFileSync(new URL("../../../../../docs/reference/configuration.md", import.meta.url), "utf8").includes(
    "`POSH_WORKERS`"
  )

const compareCounts = (bench: Bench): Promise<Outcome> =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(makeRedis(), ({ url }) =>
    Effect.promise(async () => {
      const fleet = await bench.fleet(bench.options.medium)
      const measured = await withServers([withWorkers(1, url), withWorkers(count, url)], { fleet }, async (servers) => {
        // Each worker has a memory of its own.
        for (let times = 0; times < count; times += 1) await warmUp(servers, bench.effort)
        return compare(servers, bench.effort)
      })
      const table = comparisonTable("workers", toCompared(measured))
      bench.tell(table)
      return {
        figures: [{ what: `${count} workers, to one`, target: { least: 1.7 }, measured: ratios(measured) }],
        tables: [table]
      }
    }))))

const ratios = ([one, several]: ReadonlyArray<Measured>) => ({
  throughput: spreadOf(several!.rounds.map(({ perSecond }, index) => perSecond / one!.rounds[index]!.perSecond)),
  CPU: spreadOf(several!.rounds.map(({ cpuMicros }, index) => count * one!.rounds[index]!.cpuMicros / cpuMicros))
})

const withWorkers = (workers: number, redis: string): Subject => ({
  name: workers === 1 ? "one worker" : `${workers} workers`,
  start: async (fleet) => {
    const running = await start(withFlags(commandOf(await bundleOf())), {
      env: {
        ...environmentFor(fleet),
        POSH_WORKERS: `${workers}`,
        POSH_REDIS_URL: redis,
        POSH_REDIS_PREFIX: `bench-${workers}:`,
        POSH_REDIS_TIMEOUT: "2s" // All cores are busy.
      },
      ready: serviceReady
    })
    await fill(running.port, fleet.questions)
    return { ...running, cpuSeconds: () => cpuSecondsOfTree(running.pid) }
  }
})
