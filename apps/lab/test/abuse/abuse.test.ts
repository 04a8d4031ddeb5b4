/**
 * All attacks against a real process, each for a moment and with a share of its connections. `npm run abuse` runs them
 * longer and writes the figures.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { makeAbuse } from "../../src/abuse/abuse.ts"
import { type AttackName, attacks } from "../../src/abuse/attacks.ts"
import { faultsOf } from "../../src/abuse/outcome.ts"

const names = Object.keys(attacks) as ReadonlyArray<AttackName>

/** Other tests run at the same time. */
const busy = 5

describe("during an attack", () => {
  it.live(
    "an honest caller gets right answers in time, memory stays bounded, and the service does not crash",
    () =>
      Effect.gen(function*() {
        const attack = yield* makeAbuse({ seconds: 1.5, scale: 0.1, patience: 15, rest: 0.2 })
        const harm: Record<string, ReadonlyArray<string>> = {}
        for (const name of names) {
          const outcome = yield* attack(name)
          assert.isBelow(outcome.peak.rss, 1_500, name)
          const faults = faultsOf(outcome, busy)
          if (faults.length > 0) harm[name] = faults
        }
        assert.deepStrictEqual(harm, {})
      }),
    600_000
  )
})

describe("docs/reference/abuse.md", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../../docs/reference/abuse.md"), "utf8")
  const rows = page.split("\n").filter((line) => line.startsWith("| ")).slice(1)
    .map((line) => line.split("|").map((cell) => cell.trim()))

  it("lists all attacks", () =>
    assert.deepStrictEqual(
      rows.map(([, title]) => title),
      Object.values(attacks).map(({ title }) => title)
    ))

  it("reports no fault", () => {
    for (const [, title, , asked, wrong, , , failed, ...rest] of rows) {
      assert.isAbove(Number(asked), 20, title)
      assert.deepStrictEqual([wrong, failed, rest.at(-2)], ["0", "0", "no"], title)
    }
  })
})
