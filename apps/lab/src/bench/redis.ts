/**
 * Warm `POST /v1/verify` with Redis alone (memory tier off) against the bare handler with one GET, alternating in one run;
 * with and without a secret that seals the entries.
 */
import { makeRedis, type RedisServer } from "@posh/testing"
import { Effect } from "effect"
import { commandOf, start } from "../process.ts"
import { median } from "../quantile.ts"
import { startService } from "../service.ts"
import { domain, type HostedWorld } from "../world.ts"
import { load, type LoadResult, perSecond } from "./load.ts"

const target = 0.5
const rounds = 7

export const redis = (world: HostedWorld): Promise<ReadonlyArray<string>> =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const open = yield* measure(world, {})
    const sealed = yield* measure(world, { POSH_CACHE_SECRET: "a secret of the bench that is long enough" })
    return [...open.map((line) => `without secret: ${line}`), ...sealed.map((line) => `with secret:    ${line}`)]
  })))

const measure = Effect.fnUntraced(function*(world: HostedWorld, env: Record<string, string>) {
  const server = yield* makeRedis()
  return yield* Effect.promise(() => compare(world, server, env))
})

const compare = async (world: HostedWorld, server: RedisServer, env: Record<string, string>) => {
  const service = await startService({
    ...world.env,
    ...env,
    POSH_REDIS_URL: server.url,
    POSH_REDIS_TIMEOUT: "2s", // all cores are busy
    POSH_CACHE_ENTRIES: "0"
  })
  const body = JSON.stringify(world.question)
  const run = (port: number, expect: string, seconds: number) =>
    load({ port, path: "/v1/verify", body, connections: 16, seconds, expect })
  const ours = (seconds: number) => run(service.port, "\"valid\":true", seconds)
  await ours(3)
  const key = `posh:v1:association:{${domain}}:xmpp-server:rfc7711`
  const length = Number(await Effect.runPromise(server.command("STRLEN", key)))
  if (length === 0) throw new Error("nothing is remembered in Redis")
  await Effect.runPromise(server.command("SET", "bare", "x".repeat(length)))
  const bare = await start(commandOf(new URL("bare/redis.ts", import.meta.url)), {
    env: { REDIS_URL: server.url, KEY: "bare" }
  })
  const theirs = (seconds: number) => run(bare.port, "\"valid\":true", seconds)
  try {
    await theirs(3)
    const pairs: Array<readonly [ours: LoadResult, theirs: LoadResult]> = []
    for (let round = 0; round < rounds; round += 1) pairs.push([await ours(2), await theirs(2)])
    const ratio = median(pairs.map(([we, they]) => we.perSecond / they.perSecond))
    return [
      `POST /v1/verify     ${perSecond(pairs.map(([we]) => we))}`,
      `bare, one GET       ${perSecond(pairs.map(([, they]) => they))} (${length} octets)`,
      `ratio ${ratio.toFixed(2)} (median of ${pairs.length} pairs; to reach: ${target})`
    ]
  } finally {
    await service.stop()
    await bare.stop()
  }
}
