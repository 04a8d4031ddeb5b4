/**
 * Hostile callers against a real process, each for a moment and with a part of its connections. `npm run abuse` does the
 * same at length and writes down the figures.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeAbuse, quantile } from "../src/abuse/abuse.ts"
import { type AttackName, attacks } from "../src/abuse/attacks.ts"

const names = Object.keys(attacks) as ReadonlyArray<AttackName>

describe("while others are hostile", () => {
  it.live(
    "an honest caller has right answers in time, memory stays bounded, and nothing crashes",
    () =>
      Effect.gen(function*() {
        const attack = yield* makeAbuse({ seconds: 3, scale: 0.1, rest: 0.5 })
        for (const name of names) {
          const { alive, done, honesty, peak } = yield* attack(name)
          const said = `${name}: ${JSON.stringify({ ...honesty, latencies: undefined, peak, done })}`
          assert.isTrue(alive, said)
          assert.isAbove(done, 0, said)
          assert.strictEqual(honesty.wrong, 0, said)
          assert.strictEqual(honesty.failed, 0, said)
          assert.isAbove(honesty.latencies.length, honesty.asked / 2, said)
          assert.isBelow(quantile(honesty.latencies, 1), 5_000, said)
          assert.isBelow(peak.rss, 1_500, said)
        }
      }),
    180_000
  )
})
