/**
 * Warm `POST /v1/verify` of a service with all telemetry (metrics, traces with a collector, a decision log in a file)
 * against the same service without any, alternating in one run.
 */
import { statSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import type { Running } from "../process.ts"
import { median } from "../quantile.ts"
import { startService } from "../service.ts"
import type { HostedWorld } from "../world.ts"
import { load, type LoadResult, perSecond } from "./load.ts"

const target = 0.85
/** Short, so that the load of other processes affects both alike. */
const seconds = 0.5
/** Until the JIT compiler has optimised the hot path. */
const warmUpSeconds = 5
/** Two processes of one program can differ by as much as is measured here, because of JIT compilation: so several. */
const starts = 5
const rounds = 12

type Pair = readonly [on: Measured, off: Measured]

export const telemetry = async (world: HostedWorld): Promise<ReadonlyArray<string>> => {
  const collector = await listen()
  const log = join(world.folder, "decisions.ndjson")
  const told: Array<string> = []
  const pairs: Array<Pair> = []
  try {
    for (let turn = 0; turn < starts; turn += 1) {
      const on = await startService({
        ...world.env,
        POSH_DECISION_LOG: log,
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}`
      })
      const off = await startService({ ...world.env, POSH_METRICS: "off" })
      pairs.push(...await compare(world, on, off))
      told.push(await recordsOf(on.port))
      await on.stop()
      await off.stop()
    }
  } finally {
    collector.stop()
  }
  const ratio = median(pairs.map(([ours, theirs]) => ours.perSecond / theirs.perSecond))
  const cpu = median(pairs.map(([ours, theirs]) => theirs.cpuMicros / ours.cpuMicros))
  const cpuOn = median(pairs.map(([ours]) => ours.cpuMicros))
  const cpuOff = median(pairs.map(([, theirs]) => theirs.cpuMicros))
  return [
    `everything on ${perSecond(pairs.map(([ours]) => ours))}`,
    `everything off ${perSecond(pairs.map(([, theirs]) => theirs))}`,
    `decision log: ${told.join("; ")}`,
    `${(statSync(log).size / 1e6).toFixed(0)} MB; ${collector.received()} requests to the collector`,
    `CPU an answer ${cpuOn.toFixed(1)} µs on, ${cpuOff.toFixed(1)} µs off: ratio ${cpu.toFixed(2)}`,
    `ratio ${ratio.toFixed(2)} (median of ${pairs.length} pairs; to reach: ${target})`
  ]
}

const compare = async (world: HostedWorld, on: Running, off: Running): Promise<ReadonlyArray<Pair>> => {
  const body = JSON.stringify(world.question)
  const run = (port: number, seconds: number) =>
    load({ port, path: "/v1/verify", body, connections: 16, seconds, expect: "\"valid\":true" })
  await run(on.port, warmUpSeconds)
  await run(off.port, warmUpSeconds)
  const measure = async (service: Running): Promise<Measured> => {
    const before = service.cpuSeconds()
    const result = await run(service.port, seconds)
    return { ...result, cpuMicros: (service.cpuSeconds() - before) * 1e6 / (result.perSecond * seconds) }
  }
  const pairs: Array<Pair> = []
  for (let round = 0; round < rounds; round += 1) {
    // The order alternates, so that neither always runs first.
    if (round % 2 === 0) pairs.push([await measure(on), await measure(off)])
    else {
      const theirs = await measure(off)
      pairs.push([await measure(on), theirs])
    }
  }
  return pairs
}

/** With the CPU time per answer, which is steadier than throughput on a shared machine. */
interface Measured extends LoadResult {
  readonly cpuMicros: number
}

/** The records of the decision log by result, from the metrics of the service. */
const recordsOf = async (port: number): Promise<string> => {
  const text = await fetch(`http://127.0.0.1:${port}/metrics`).then((response) => response.text())
  const count = (result: string) =>
    new RegExp(`^posh_decision_log_records_total\\{result="${result}"\\} (\\d+)$`, "m").exec(text)?.[1] ?? "?"
  return `${count("written")} written, ${count("dropped")} dropped`
}

/** A collector that accepts every request. */
const listen = (): Promise<{ readonly port: number; readonly received: () => number; readonly stop: () => void }> =>
  new Promise((resolve) => {
    let received = 0
    const server = createServer((request, response) => {
      request.resume()
      request.on("end", () => {
        received += 1
        response.writeHead(200, { "content-type": "application/json", "content-length": 2 }).end("{}")
      })
    })
    server.listen(0, "127.0.0.1", () =>
      resolve({
        port: (server.address() as AddressInfo).port,
        received: () => received,
        stop: () => {
          server.closeAllConnections()
          server.close()
        }
      }))
  })
