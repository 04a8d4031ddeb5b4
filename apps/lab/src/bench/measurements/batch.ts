/** Verdicts a second in batches of different questions, beside single requests to the same server. */
import { join } from "node:path"
import { postOctets } from "../../postOctets.ts"
import type { Bench } from "../Bench.ts"
import { compare, warmUp } from "../compare/compare.ts"
import { type Compared, toCompared } from "../compare/ratios.ts"
import { comparisonTable } from "../compare/report.ts"
import { measure, type Round, type Server, withServers } from "../compare/servers.ts"
import type { Fleet } from "../fleet/Fleet.ts"
import { makeRandom } from "../load/random.ts"
import { writeRequests } from "../load/requests.ts"
import type { Measurement } from "../Measurement.ts"
import { posh } from "../subjects/posh.ts"

const size = 100
/** In flight at once are as many questions as a single caller may have. */
const connections = 8
/** Different batches. */
const batches = 200

export const batch: Measurement = {
  title: "Batches",
  method:
    `Batches of ${size} different questions, chosen at random, beside single requests to the same process. CPU time and ` +
    "throughput are those of one verdict.",
  run: async (bench) => {
    const fleet = await bench.fleet(bench.options.medium)
    const requests = writeBatches(bench, fleet)
    const measured = await withServers([posh()], { fleet }, async ([single]) => {
      const servers = [{ ...single!, name: "single" }, { ...single!, name: "batch", requests }]
      await warmUp(servers, { ...bench.effort, connections })
      return compare(servers, bench.effort, (server, round) => measureVerdicts(bench, server, round))
    })
    const compared = toCompared(measured)
    const table = comparisonTable(`verdicts in batches of ${size}`, compared)
    bench.tell(table)
    return { figures: [toFigure(compared)], tables: [table] }
  }
}

const writeBatches = ({ folder }: Bench, { questions }: Fleet): string => {
  const random = makeRandom(1)
  const file = join(folder, "batches.requests")
  const requests = () => Array.from({ length: size }, () => questions[Math.floor(random() * questions.length)]!)
  writeRequests(
    file,
    Array.from({ length: batches }, () => postOctets("/v1/verify/batch", JSON.stringify({ requests: requests() })))
  )
  return file
}

const measureVerdicts = async ({ effort }: Bench, server: Server, round: number): Promise<Round> => {
  if (server.name === "single") return measure(server, { ...effort, seed: round })
  const measured = await measure(server, { ...effort, connections, seed: round })
  return { ...measured, perSecond: measured.perSecond * size, cpuMicros: measured.cpuMicros / size }
}

const toFigure = ([, batch]: ReadonlyArray<Compared>) => ({
  what: `verdicts a second in batches of ${size}, to single requests`,
  target: { least: 8 },
  measured: { throughput: batch!.throughput["single"]!, CPU: batch!.cpu["single"]! }
})
