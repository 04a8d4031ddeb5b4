/**
 * `npm run bench [-- name …]`: every measurement beside its baseline in the same run. Ratios count; absolute figures
 * are this machine's at this moment.
 */
import { Effect } from "effect"
import { type BenchWorld, makeWorld } from "../world.ts"
import { memory } from "./memory.ts"
import { redis } from "./redis.ts"
import { startUp } from "./startUp.ts"
import { telemetry } from "./telemetry.ts"
import { warm } from "./warm.ts"

const entries: Record<string, (world: BenchWorld) => Promise<ReadonlyArray<string>>> = {
  warm,
  startUp,
  redis,
  telemetry,
  memory
}
/** What is run when nothing is named. */
const usual = ["warm", "startUp"]
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in entries))

if (unknown.length > 0) {
  console.error(`no such measurement: ${unknown.join(", ")}; there are ${Object.keys(entries).join(", ")}`)
  process.exitCode = 1
} else {
  await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const world = yield* makeWorld
    for (const [name, run] of Object.entries(entries)) {
      if (!(asked.length > 0 ? asked : usual).includes(name)) continue
      console.log(`\n# ${name}`)
      for (const line of yield* Effect.promise(() => run(world))) console.log(line)
    }
  })))
}
