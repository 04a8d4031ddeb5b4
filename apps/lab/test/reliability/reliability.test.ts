/**
 * Every way in which Redis fails, briefly: the long form is `npm run reliability`. Nothing is asked of the speed but that
 * answers come in time; where the machine is so busy that Redis seems slow, that is one failure more.
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

describe.concurrent("verdicts stay right, and all is well again in the end", () => {
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

  it("tells of the scenarios that there are", () =>
    assert.deepStrictEqual(
      rows.map(([, name, what]) => [name, what]),
      scenarios.map(({ name, what }) => [name, what])
    ))

  it("tells of no failure", () => {
    for (const [, name, , questions, ...failures] of rows) {
      assert.isAbove(Number(questions), 1_000, name)
      assert.deepStrictEqual(failures.slice(0, 3), ["0", "0", "0"], name)
    }
  })
})
