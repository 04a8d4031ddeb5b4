/**
 * `npm run bench [-- name …]`: every measurement beside its baseline in the same run. Ratios count; absolute figures
 * are this machine's at this moment.
 */
import { Effect } from "effect"
import { choose } from "../choice.ts"
import { type HostedWorld, makeWorld } from "../world.ts"
import { memory } from "./memory.ts"
import { redis } from "./redis.ts"
import { startUp } from "./startUp.ts"
import { telemetry } from "./telemetry.ts"
import { warm } from "./warm.ts"

const entries: Record<string, (world: HostedWorld) => Promise<ReadonlyArray<string>>> = {
  warm,
  startUp,
  redis,
  telemetry,
  memory
}
/** Measurements without arguments. */
const usual = ["warm", "startUp"]
const { names } = choose("measurement", Object.keys(entries), usual)

await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
  const world = yield* makeWorld
  for (const [name, run] of Object.entries(entries)) {
    if (!names.includes(name)) continue
    console.log(`\n# ${name}`)
    for (const line of yield* Effect.promise(() => run(world))) console.log(line)
  }
})))
