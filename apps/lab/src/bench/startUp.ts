/** The time from spawning the process to the first 200 of `/health/ready`. */
import { median } from "../quantile.ts"
import { startService } from "../service.ts"
import type { HostedWorld } from "../world.ts"

export const startUp = async (world: HostedWorld): Promise<ReadonlyArray<string>> => {
  const times: Array<number> = []
  for (let round = 0; round < 5; round += 1) {
    const service = await startService(world.env)
    times.push(service.readyMs)
    await service.stop()
  }
  return [`start to ready ${median(times).toFixed(0)} ms (median of ${times.length}; to reach: 500)`]
}
