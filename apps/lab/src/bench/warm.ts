/**
 * Warm `POST /v1/verify` (PEM, memory hit) against the bare handler, alternating in one run.
 */
import { commandOf, start } from "../process.ts"
import { median } from "../quantile.ts"
import { startService } from "../service.ts"
import type { HostedWorld } from "../world.ts"
import { load, type LoadResult } from "./load.ts"

const target = 0.6

export const warm = async (world: HostedWorld): Promise<ReadonlyArray<string>> => {
  const bare = await start(commandOf(new URL("bare.ts", import.meta.url)))
  const service = await startService(world.env)
  try {
    const body = JSON.stringify(world.question)
    const run = (port: number, seconds: number) =>
      load({ port, path: "/v1/verify", body, connections: 16, seconds, expect: "\"valid\":true" })
    await run(service.port, 3)
    await run(bare.port, 3)
    const pairs: Array<readonly [ours: LoadResult, theirs: LoadResult]> = []
    for (let round = 0; round < 7; round += 1) pairs.push([await run(service.port, 2), await run(bare.port, 2)])
    const ratio = median(pairs.map(([ours, theirs]) => ours.perSecond / theirs.perSecond))
    return [
      `warm POST /v1/verify   ${perSecond(pairs.map(([ours]) => ours))}`,
      `bare node:http handler ${perSecond(pairs.map(([, theirs]) => theirs))}`,
      `ratio ${ratio.toFixed(2)} (median of ${pairs.length} pairs; to reach: ${target})`
    ]
  } finally {
    await service.stop()
    await bare.stop()
  }
}

export const perSecond = (results: ReadonlyArray<LoadResult>): string =>
  `${median(results.map((result) => result.perSecond)).toFixed(0)}/s, ` +
  `p50 ${median(results.map(({ p50Ms }) => p50Ms)).toFixed(2)} ms, ` +
  `p99 ${median(results.map(({ p99Ms }) => p99Ms)).toFixed(2)} ms`
