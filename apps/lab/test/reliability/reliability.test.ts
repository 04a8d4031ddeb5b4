/**
 * A short form of every scenario; the long form is `npm run reliability`. Latencies are not checked beyond the deadline: on
 * a busy machine Redis may be slow, which is one more failure to survive.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { ensureInstalled } from "@posh/testing"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { faultsOf, run } from "../../src/reliability/run.ts"
import { scenarios } from "../../src/reliability/scenarios.ts"
import type { Timing } from "../../src/reliability/Timing.ts"

const timing: Timing = {
  connections: 2,
  pauseMs: 10,
  coldMs: 200,
  turnMs: 200,
  beforeMs: 500,
  duringMs: 2_000,
  propagationMs: 3_000,
  afterMs: 500,
  recoveryMs: 90_000
}

beforeAll(() => ensureInstalled("redis-server", "--version"), 300_000)

describe.concurrent("verdicts stay right, and the fleet recovers", () => {
  for (const scenario of scenarios) {
    it.live(scenario.name, () =>
      Effect.gen(function*() {
        const outcome = yield* run(scenario, timing)
        assert.deepStrictEqual(faultsOf(outcome), [])
        assert.isAbove(outcome.questions, 100)
      }), 120_000)
  }
})

describe("docs/reference/reliability.md", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../../docs/reference/reliability.md"), "utf8")
  const rows = page.split("\n").filter((line) => line.startsWith("| ")).slice(1)
    .map((line) => line.split("|").map((cell) => cell.trim()))

  it("lists all scenarios", () =>
    assert.deepStrictEqual(
      rows.map(([, name, what]) => [name, what]),
      scenarios.map(({ name, what }) => [name, what])
    ))

  it("reports no fault", () => {
    for (const [, name, , questions, ...failures] of rows) {
      assert.isAbove(Number(questions), 1_000, name)
      assert.deepStrictEqual(failures.slice(0, 3), ["0", "0", "0"], name)
    }
  })
})
