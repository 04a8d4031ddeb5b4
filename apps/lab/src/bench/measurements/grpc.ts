/** Warm `Verify` over gRPC, beside a bare handler of the same library. */
import { create, toBinary } from "@bufbuild/protobuf"
import { VerifyRequestSchema } from "@posh/api/grpc"
import { once } from "node:events"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { commandOf } from "../../process.ts"
import { compare, type Measure } from "../compare/compare.ts"
import { toCompared } from "../compare/ratios.ts"
import { comparedOf, comparisonTable, ratioFigure } from "../compare/report.ts"
import { withServers } from "../compare/servers.ts"
import type { Question } from "../fleet/Fleet.ts"
import type { LoadResult } from "../load/Load.ts"
import { writeRequests } from "../load/requests.ts"
import { cores, onCore } from "../machine/cores.ts"
import { outputOf } from "../machine/outputOf.ts"
import type { Measurement } from "../Measurement.ts"
import { bareScript, startOnCore } from "../subjects/bare.ts"
import { posh } from "../subjects/posh.ts"
import type { Subject } from "../subjects/Subject.ts"
import { titleOf } from "./titleOf.ts"

const baseline = "bare gRPC"

export const grpc: Measurement = {
  title: "gRPC",
  method:
    "As \"Warm answers\", over gRPC: `Verify`, beside a handler of the same library that looks the domain up in a `Map`.",
  run: async (bench) => {
    const { effort, options: { medium } } = bench
    const fleet = await bench.fleet(medium)
    const requests = join(bench.folder, "grpc-requests")
    writeRequests(requests, fleet.questions.map(toCall))
    const port = await freePort()
    const bare: Subject = {
      name: baseline,
      start: ({ digests }) => startOnCore(bareScript("grpc.ts"), { DIGESTS: digests })
    }
    const measureOne = (seconds: number): Measure => async ({ name, running }, round) => {
      const options = {
        requests,
        seconds,
        connections: effort.connections,
        seed: round,
        expect: "verified",
        port: name === baseline ? running.port : port
      }
      const before = running.cpuSeconds()
      const command = [...commandOf(new URL("../load/grpc.ts", import.meta.url)), JSON.stringify(options)] as const
      const result: LoadResult = JSON.parse(await outputOf(onCore(cores.generator, command)))
      if (result.wrong > 0) throw new Error(`${name}: ${result.wrong} of ${result.answers} answers were wrong`)
      const cpuMicros = (running.cpuSeconds() - before) * 1e6 / result.answers
      return { ...result, perSecond: result.answers / result.seconds, cpuMicros }
    }
    const compared = toCompared(
      await withServers([bare, posh({ POSH_GRPC_PORT: String(port) })], { fleet }, async (servers) => {
        for (const server of servers) await measureOne(Math.max(0.2, effort.warmUpSeconds))(server, 0)
        return compare(servers, effort, measureOne(effort.seconds))
      })
    )
    const table = comparisonTable(titleOf(medium), compared)
    bench.tell(table)
    return {
      figures: [ratioFigure(`gRPC, of ${baseline}`, { least: 0.8 }, comparedOf(compared, "posh"), baseline)],
      tables: [table]
    }
  }
}

/** One message behind its flag and length. */
const toCall = ({ certificate, domain, service }: Question): Buffer => {
  const question = { domain, service, presented: { case: "certificate", value: certificate } } as const
  const message = toBinary(VerifyRequestSchema, create(VerifyRequestSchema, { question }))
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
