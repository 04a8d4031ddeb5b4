/**
 * `npm run bench [-- name … option …]`: every measurement beside its baseline in the same run. Ratios count; absolute figures
 * are this machine's at this moment.
 */
import { Effect } from "effect"
import { makeWorld } from "../world.ts"
import { type Bench, makeBench } from "./Bench.ts"
import { memory } from "./memory.ts"
import { parseOptions, usage } from "./options.ts"
import { raisePriority } from "./priority.ts"
import { redis } from "./redis.ts"
import { startUp } from "./startUp.ts"
import { telemetry } from "./telemetry.ts"
import { warm } from "./warm.ts"

type Measurement = (bench: Bench) => AsyncIterable<string>

const inWorld = (run: (world: Effect.Success<typeof makeWorld>) => Promise<ReadonlyArray<string>>): Measurement =>
  async function*() {
    yield* await Effect.runPromise(
      Effect.scoped(Effect.flatMap(makeWorld, (world) => Effect.promise(() => run(world))))
    )
  }

const measurements: Readonly<Record<string, Measurement>> = {
  warm,
  startUp: inWorld(startUp),
  redis: inWorld(redis),
  telemetry: inWorld(telemetry),
  memory: inWorld(memory)
}

const refuse = (message: string): never => {
  console.error(`${message}\n${usage}\nnames: ${Object.keys(measurements).join(", ")}`)
  process.exit(1)
}

const options = parseOptions(process.argv.slice(2))
if (typeof options === "string") refuse(options)
else {
  const unknown = options.names.filter((name) => !Object.hasOwn(measurements, name))
  if (unknown.length > 0) refuse(`no such measurement: ${unknown.join(", ")}`)
  const names = options.names.length === 0 ? ["warm", "startUp"] : options.names
  if (options.priority) raisePriority()
  await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const bench = yield* makeBench(options)
    for (const name of names) {
      console.log(`\n# ${name}`)
      yield* Effect.promise(async () => {
        for await (const line of measurements[name]!(bench)) console.log(line)
      })
    }
  })))
}
