/** What metrics, traces and the decision log cost: the service with all of them beside the service without any. */
import { statSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import type { Bench } from "../Bench.ts"
import { compare, type Measured, warmUp } from "../compare/compare.ts"
import { toCompared } from "../compare/ratios.ts"
import { comparedOf, comparisonTable, ratioFigure } from "../compare/report.ts"
import { withServers } from "../compare/servers.ts"
import type { Measurement } from "../Measurement.ts"
import { posh } from "../subjects/posh.ts"

export const telemetry: Measurement = {
  title: "Metrics, traces and decision log",
  method:
    "With all of them on (traces of 1 % of the requests, which a collector accepts; a decision log in a file), beside " +
    "the same service with metrics off and the others unset; several processes of each, because two of one program can differ by " +
    "as much as is measured here (JIT compilation).",
  run: async (bench) => {
    const collector = await listen()
    const log = join(bench.folder, "decisions.ndjson")
    const turns: Array<ReadonlyArray<Measured>> = []
    try {
      for (let turn = 0; turn < bench.options.starts; turn += 1) {
        turns.push(await compareOnce(bench, log, collector.port))
      }
    } finally {
      collector.stop()
    }
    if (statSync(log).size === 0) throw new Error("the decision log is empty")
    const all = ["off", "on"].map((name, index) => ({ name, rounds: turns.flatMap((turn) => turn[index]!.rounds) }))
    const compared = toCompared(all)
    const table = comparisonTable("everything on, and everything off", compared)
    bench.tell(table)
    return {
      figures: [
        ratioFigure(
          "metrics, traces (1 %) and decision log on, to off",
          { least: 0.85 },
          comparedOf(compared, "on"),
          "off"
        )
      ],
      tables: [table]
    }
  }
}

const compareOnce = async (bench: Bench, log: string, port: number): Promise<ReadonlyArray<Measured>> => {
  const off = posh({ POSH_METRICS: "off" }, "off")
  const on = posh({
    POSH_DECISION_LOG: log,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.01"
  }, "on")
  const fleet = await bench.fleet(bench.options.small)
  return withServers([off, on], { fleet }, async (servers) => {
    await warmUp(servers, bench.effort)
    return compare(servers, bench.effort)
  })
}

/** A collector that accepts every request. */
const listen = (): Promise<{ readonly port: number; readonly stop: () => void }> =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      request.resume()
      request.on("end", () =>
        response.writeHead(200, { "content-type": "application/json", "content-length": 2 }).end("{}"))
    })
    server.listen(0, "127.0.0.1", () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        stop: () => {
          server.closeAllConnections()
          server.close()
        }
      }))
  })
