/** The time from spawning the process to the first 200 of `/health/ready`. */
import { commandOf, type Running, start } from "../../process.ts"
import { serviceReady, serviceScript } from "../../service.ts"
import { withFlags } from "../machine/node.ts"
import type { Measurement } from "../Measurement.ts"
import { spreadOf, toText } from "../Spread.ts"
import { bareNode } from "../subjects/bare.ts"

export const startUp: Measurement = {
  title: "Start",
  method:
    "From spawning the process to its first 200 of `/health/ready`, as `npm start` starts it, with a port set and gRPC " +
    "off. The bare handler is ready when it listens.",
  run: async (bench) => {
    const fleet = await bench.fleet({ domains: 1, certificates: 1 })
    const ours: Array<number> = []
    const bare: Array<number> = []
    for (let round = 0; round < bench.effort.rounds; round += 1) {
      bare.push(await readyMs(bareNode.start(fleet)))
      ours.push(
        await readyMs(
          start(withFlags(commandOf(serviceScript)), {
            env: { POSH_PORT: "0", POSH_GRPC_PORT: "off" },
            ready: serviceReady
          })
        )
      )
    }
    const table = {
      title: "start to ready",
      head: ["", "ms"],
      rows: [["bare node:http", toText(spreadOf(bare), 0)], ["posh", toText(spreadOf(ours), 0)]]
    }
    bench.tell(table)
    return {
      figures: [{ what: "start to ready", target: { most: 400, unit: "ms" }, measured: { time: spreadOf(ours) } }],
      tables: [table]
    }
  }
}

const readyMs = async (starting: Promise<Running>): Promise<number> => {
  const running = await starting
  await running.stop()
  return running.readyMs
}
