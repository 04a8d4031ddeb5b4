import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { toDays } from "../../src/simulate/days.ts"
import { day, usualFleet, usualScenario } from "../../src/simulate/Scenario.ts"
import { simulate } from "../../src/simulate/simulate.ts"

const run = simulate({
  ...usualScenario,
  world: { ...usualScenario.world, domains: 100_000 },
  rate: 0.5,
  sample: 100,
  warmUpMs: 0,
  durationMs: 2 * day,
  fleet: { ...usualFleet, replicas: 2 }
})

describe("a run of several days", () => {
  it.effect("says of each day what the report says of all", () =>
    Effect.gen(function*() {
      const report = yield* run
      const days = toDays(report)
      const mean = (of: (one: (typeof days)[number]) => number) =>
        days.reduce((sum, one) => sum + of(one), 0) / days.length
      assert.strictEqual(days.length, 2)
      const { answers, redis, requests } = report
      const rows: ReadonlyArray<readonly [name: string, ofDays: number, ofAll: number]> = [
        ["memory", mean(({ tiers }) => tiers.memory), answers.tiers.memory],
        ["Redis", mean(({ tiers }) => tiers.redis), answers.tiers.redis],
        ["origin", mean(({ tiers }) => tiers.origin), answers.tiers.miss + answers.tiers.coalesced],
        ["requests", mean(({ perSecond }) => perSecond.requests), requests.perSecond],
        ["commands", mean(({ perSecond }) => perSecond.commands), redis.perSecond],
        ["messages", mean(({ perSecond }) => perSecond.messages), redis.messagesPerSecond]
      ]
      for (const [name, ofDays, ofAll] of rows) assert.approximately(ofDays, ofAll, 0.01 * ofAll, name)
    }))
})
