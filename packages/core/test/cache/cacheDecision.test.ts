import { assert, describe, it } from "vitest"
import { refreshAheadAt, toCacheDecision } from "../../src/cache/CacheDecision.ts"
import { associationOf, keyOf } from "./store/storeSuite.ts"

const life = 1_000_000

/** The instant of the refresh ahead, in thousandths of the lifetime. */
const refreshedFrom = (label: string, fetchedAt = 0): number => {
  const association = associationOf(keyOf(label), fetchedAt, life)
  const isDue = (thousandth: number) => {
    const decision = toCacheDecision({ association, tier: "memory", asOf: fetchedAt + thousandth * life / 1_000 }, {})
    assert.strictEqual(decision._tag, "Serve")
    return decision._tag === "Serve" && decision.refreshAhead
  }
  return Array.from({ length: 1_000 }, (_, thousandth) => thousandth).findIndex(isDue)
}

describe("CAC-34: the instant of the refresh ahead", () => {
  const moments = Array.from({ length: 200 }, (_, index) => refreshedFrom(`d${index}`))

  it("is between 80 and 90 % of the lifetime", () => {
    assert.isAtLeast(Math.min(...moments), 800)
    assert.isAtMost(Math.max(...moments), 900)
  })

  it("has jitter between keys that were fetched at one time", () => {
    for (let percent = 80; percent < 90; percent += 1) {
      const many = moments.filter((moment) => Math.floor(moment / 10) === percent).length
      assert.isAtLeast(many, 5, `${percent} %`)
      assert.isAtMost(many, 45, `${percent} %`)
    }
  })

  it("is the same for all questions, and another one after the next fetch", () => {
    assert.strictEqual(refreshedFrom("d0"), moments[0])
    assert.notStrictEqual(refreshedFrom("d0", 5_000), moments[0])
  })

  it("is the refreshAfter of the answer", () => {
    for (let index = 0; index < 200; index += 1) {
      const told = refreshAheadAt(associationOf(keyOf(`d${index}`), 0, life))
      assert.strictEqual(Math.ceil(told * 1_000 / life), moments[index])
    }
  })
})
