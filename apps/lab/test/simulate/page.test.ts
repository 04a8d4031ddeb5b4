/** The page and the example of the guide, of one small run in the place of each. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { parseCosts, toExample, withExample } from "../../src/simulate/example.ts"
import { toPage } from "../../src/simulate/page.ts"
import { drawAll } from "../../src/simulate/pagePlots.ts"
import { day, minute, usualFleet, usualScenario } from "../../src/simulate/Scenario.ts"
import { simulate } from "../../src/simulate/simulate.ts"

const docs = join(import.meta.dirname, "../../../../docs")
const costs = { memory: 100, redis: 200, origin: 5_000 }

const run = simulate({
  ...usualScenario,
  world: { ...usualScenario.world, domains: 100_000 },
  rate: 0.5,
  sample: 100,
  warmUpMs: 0,
  durationMs: day,
  outages: [{ what: "redis", from: 10 * minute, to: 20 * minute, losesData: false }],
  fleet: { ...usualFleet, replicas: 2 }
})

describe("the page of the series", () => {
  it.effect("has a figure in each cell", () =>
    Effect.gen(function*() {
      const report = yield* run
      const runs = [["1", report], ["4", report]] as const
      const parts = {
        usual: runs,
        days: runs,
        byRate: runs,
        byDomains: runs,
        shared: runs,
        unshared: runs,
        large: runs,
        byOutage: runs,
        coldStart: runs,
        mistaken: runs
      }
      const page = toPage(parts)
      const example = toExample(runs, 20_000, costs)
      for (const text of [page, example]) assert.notMatch(text, /NaN|undefined|Infinity/)
      const plots = yield* Effect.promise(() => drawAll(parts))
      for (const [, path] of page.matchAll(/\(simulation\/([\w-]+)\.svg\)/g)) {
        assert.include(plots.map(([name]) => name), path)
      }
    }))
})

describe("the example of the guide", () => {
  it("takes the costs of an answer from the page of measurements", () => {
    const found = parseCosts(readFileSync(join(docs, "reference/performance.md"), "utf8"))
    assert.isAbove(found.redis, found.memory)
    assert.isAbove(found.origin, found.redis)
    assert.throws(() => parseCosts("# Performance"), /no CPU of an answer/)
  })

  it("has a place in the guide, and leaves the rest", () => {
    const guide = readFileSync(join(docs, "guides/capacity.md"), "utf8")
    const changed = withExample(guide, "| example |")
    assert.include(changed, "| example |")
    assert.strictEqual(withExample(changed, "| other |"), withExample(guide, "| other |"))
    assert.throws(() => withExample("# Capacity", ""), /no place/)
  })
})
