import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { join } from "node:path"
import { association, keyOf } from "./things.ts"
import { calm, disagreement, makeWorld } from "./world.ts"

const key = keyOf("orchard")

/** Runs the process to its end; returns the signal that ended it, or its exit code. */
const run = (...args: ReadonlyArray<string>): Effect.Effect<string> =>
  Effect.callback((resume) => {
    const script = join(import.meta.dirname, "dyingProcess.ts")
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, ...args], {
      stdio: "ignore"
    })
    child.on("exit", (code, signal) => resume(Effect.succeed(signal ?? String(code))))
    return Effect.sync(() => void child.kill("SIGKILL"))
  })

describe("a process that is killed between its commands leaves no association without a member of the index", () => {
  const rows: ReadonlyArray<
    readonly [change: "put" | "forget", command: string, occurrence: number, before: boolean, dangles: boolean]
  > = [
    ["put", "ZADD", 1, false, false],
    ["put", "EVALSHA", 1, false, true],
    ["put", "ZADD", 2, false, false],
    ["forget", "EVALSHA", 1, true, false],
    ["forget", "ZREM", 1, true, true],
    ["forget", "GET", 1, true, false]
  ]
  for (const [change, command, occurrence, before, dangles] of rows) {
    it.live(`${change}, before ${command} ${occurrence}`, () =>
      Effect.gen(function*() {
        const { redis, store } = yield* makeWorld(calm)
        if (before) yield* store.putAssociation(key, association(key))
        assert.strictEqual(yield* run(redis.url, change, command, String(occurrence)), "SIGKILL")
        const after = yield* disagreement(redis)
        assert.deepStrictEqual(after.unindexed, [])
        assert.strictEqual(after.dangling.length, dangles ? 1 : 0)
        yield* store.inventory({ limit: 10 })
        assert.deepStrictEqual(yield* disagreement(redis), { dangling: [], unindexed: [] })
      }), 120_000)
  }
})
