/** What a certificate costs that the service has never seen, where it knows all domains. */
import { join } from "node:path"
import type { Bench } from "../Bench.ts"
import { compare, type Measured } from "../compare/compare.ts"
import { toCompared } from "../compare/ratios.ts"
import { comparisonTable } from "../compare/report.ts"
import { measure, withServers } from "../compare/servers.ts"
import { fill } from "../fleet/fill.ts"
import { type Fleet, toRequest } from "../fleet/Fleet.ts"
import { writeRequests } from "../load/requests.ts"
import type { Measurement } from "../Measurement.ts"
import { type Spread, spreadOf } from "../Spread.ts"
import { bareNode } from "../subjects/bare.ts"
import { startEmpty } from "../subjects/posh.ts"
import type { Subject } from "../subjects/Subject.ts"

export const newCertificates: Measurement = {
  title: "Certificates never seen before",
  method:
    "The service knows all domains from questions by fingerprint. Then each certificate is asked about once. The bare " +
    "handler remembers no certificate, so to it none is new.",
  run: async (bench) => {
    const parts = bench.effort.rounds + 1
    const count = bench.options.perRound * parts
    const fleet = await bench.fleet({ domains: count, certificates: count })
    const files = splitRequests(bench, fleet, parts)
    const measured = await withServers([bareNode, knowsDomains(fleet)], { fleet }, async (servers) => {
      const part = (index: number) => ({
        requests: files[index]!,
        once: true,
        connections: 8,
        seconds: 15 * bench.effort.seconds,
        seed: 0
      })
      for (const server of servers) await measure(server, part(0))
      return compare(servers, bench.effort, (server, round) => measure(server, part(round)))
    })
    const table = comparisonTable("certificates never seen before", toCompared(measured))
    bench.tell(table)
    return {
      figures: [{
        what: "a certificate never seen before, over bare node:http",
        target: { most: 60, unit: "µs" },
        measured: { CPU: difference(measured) }
      }],
      tables: [table]
    }
  }
}

const splitRequests = ({ folder }: Bench, { questions }: Fleet, parts: number): ReadonlyArray<string> => {
  const size = questions.length / parts
  return Array.from({ length: parts }, (_, part) => {
    const file = join(folder, `new-${part}.requests`)
    writeRequests(file, questions.slice(part * size, (part + 1) * size).map(toRequest))
    return file
  })
}

const knowsDomains = (fleet: Fleet): Subject => ({
  name: "posh",
  start: async (published, observer) => {
    const running = await startEmpty(published, {}, observer)
    await fill(running.port, fleet.byFingerprint())
    return running
  }
})

const difference = ([bare, ours]: ReadonlyArray<Measured>): Spread =>
  spreadOf(ours!.rounds.map(({ cpuMicros }, index) => cpuMicros - bare!.rounds[index]!.cpuMicros))
