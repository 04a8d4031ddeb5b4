/** The resolution of a domain that nobody has asked about, beside one HTTPS GET by undici. */
import { commandOf } from "../../process.ts"
import { serviceReady, serviceScript } from "../../service.ts"
import type { Bench } from "../Bench.ts"
import { type ColdWorld, makeColdWorld } from "../cold/world.ts"
import { compare, type Measured } from "../compare/compare.ts"
import { toCompared } from "../compare/ratios.ts"
import { comparisonTable } from "../compare/report.ts"
import { measure, withServers } from "../compare/servers.ts"
import { withFlags } from "../machine/node.ts"
import type { Measurement } from "../Measurement.ts"
import { spreadOf } from "../Spread.ts"
import { bareScript, startOnCore } from "../subjects/bare.ts"
import type { Subject } from "../subjects/Subject.ts"

/** Of one round, at most: the budget of a site is 600 requests a minute. */
const perRound = 200

export const cold: Measurement = {
  title: "Cold resolution",
  method:
    "Each request asks about another domain, one after another: one document over a new TLS connection to an origin on " +
    "the same machine. The bare handler does one GET by undici with a shared TLS context, and compares the digest.",
  run: async (bench) => {
    const count = Math.min(perRound, bench.options.perRound)
    const world = await makeColdWorld(bench.folder, bench.effort.rounds + 1, count)
    try {
      return await compareIn(bench, world)
    } finally {
      await world.origin.stop()
    }
  }
}

const compareIn = async (bench: Bench, world: ColdWorld) => {
  const fleet = await bench.fleet({ domains: 1, certificates: 1 })
  const measured = await withServers(subjectsIn(world), { fleet }, async (servers) => {
    const part = (index: number) => ({
      requests: world.parts[index]!,
      once: true,
      connections: 1,
      seconds: 15 * bench.effort.seconds,
      seed: 0
    })
    for (const server of servers) await measure(server, part(0))
    return compare(servers, bench.effort, (server, round) => measure(server, part(round)))
  })
  const table = comparisonTable("cold resolution", toCompared(measured))
  bench.tell(table)
  return {
    figures: [{ what: "cold resolution, to one GET by undici", target: { most: 1.3 }, measured: ratios(measured) }],
    tables: [table]
  }
}

const ratios = ([bare, ours]: ReadonlyArray<Measured>) => ({
  time: spreadOf(ours!.rounds.map(({ p50Ms }, index) => p50Ms / bare!.rounds[index]!.p50Ms)),
  CPU: spreadOf(ours!.rounds.map(({ cpuMicros }, index) => cpuMicros / bare!.rounds[index]!.cpuMicros))
})

const subjectsIn = ({ caFile, origin }: ColdWorld): ReadonlyArray<Subject> => [
  {
    name: "bare, one GET",
    start: () => startOnCore(bareScript("fetch.ts"), { CA_FILE: caFile, ORIGIN_PORT: `${origin.port}` })
  },
  {
    name: "posh",
    start: () =>
      startOnCore(
        withFlags(commandOf(serviceScript)),
        {
          POSH_PORT: "0",
          POSH_GRPC_PORT: "off",
          POSH_EXTRA_CA_FILE: caFile,
          POSH_CONNECT_TO: `:=127.0.0.1:${origin.port}`,
          POSH_ALLOW_SPECIAL_USE_DOMAINS: "true"
        },
        undefined,
        serviceReady
      )
  }
]
