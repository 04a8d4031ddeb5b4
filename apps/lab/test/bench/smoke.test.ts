/**
 * Every measurement of the bench in a tiny form. It fails where one does not run, or where an answer is wrong; never on a time.
 * The long form is `npm run bench`.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { type Bench, makeBench } from "../../src/bench/Bench.ts"
import { measure, withServers } from "../../src/bench/compare/servers.ts"
import { leaveCores } from "../../src/bench/machine/cores.ts"
import { measurements } from "../../src/bench/measurements/index.ts"
import type { Options } from "../../src/bench/options.ts"
import type { Outcome } from "../../src/bench/Outcome.ts"
import { bareNode } from "../../src/bench/subjects/bare.ts"

const options: Options = {
  names: [],
  effort: { rounds: 1, seconds: 0.05, warmUpSeconds: 0, connections: 2 },
  rows: [{ domains: 12, certificates: 5 }],
  large: { domains: 12, certificates: 12 },
  small: { domains: 3, certificates: 3 },
  medium: { domains: 12, certificates: 12 },
  perRound: 4,
  sweep: [2],
  starts: 1,
  entries: 50,
  against: [],
  go: false,
  priority: false,
  write: false
}

const assertWhole = ({ figures, series = [], tables = [] }: Outcome): void => {
  for (const { measured, what } of figures) {
    for (const [by, { median }] of Object.entries(measured)) assert.isFinite(median, `${what}: ${by}`)
  }
  for (const { head, rows, title } of tables) {
    assert.isNotEmpty(rows, title)
    for (const row of rows) assert.lengthOf(row, head.length, title)
  }
  for (const { name, plot, points } of series) assert.isNotEmpty(points, `${plot}: ${name}`)
}

describe("each measurement runs, and every answer is right", () => {
  const scope = Scope.makeUnsafe()
  let bench: Bench
  beforeAll(async () => {
    leaveCores()
    bench = await Effect.runPromise(Scope.provide(makeBench(options, () => undefined), scope))
  })
  afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

  it.each(Object.keys(measurements))("%s", async (name) => {
    assertWhole(await measurements[name]!.run(bench))
  }, 120_000)

  // With less than a second the generator runs here, else in a process: wrk where it is installed.
  it.each([0.05, 1])("and a wrong answer ends it (%s s)", async (seconds) => {
    const [known, asked] = [
      await bench.fleet({ domains: 2, certificates: 2 }),
      await bench.fleet({
        domains: 2,
        certificates: 1
      })
    ]
    const running = withServers(
      [bareNode],
      { fleet: known },
      async ([server]) => measure({ ...server!, requests: asked.requests }, { connections: 1, seconds, seed: 1 })
    )
    await running.then(() => assert.fail("was not ended"), ({ message }) => assert.match(message, /answers were wrong/))
  })
})
