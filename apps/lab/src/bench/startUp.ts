/** From spawning the process to the first answer of `/health/ready`. */
import { start } from "../process.ts"
import type { BenchWorld } from "../world.ts"
import { median } from "./warm.ts"

export const startUp = async (world: BenchWorld): Promise<ReadonlyArray<string>> => {
  const times: Array<number> = []
  for (let round = 0; round < 5; round += 1) {
    const service = await start("../../server/src/main.ts", world.env, "/health/ready")
    times.push(service.readyMs)
    await service.stop()
  }
  return [`start to ready ${median(times).toFixed(0)} ms (median of ${times.length}; to reach: 500)`]
}
