import { assert, describe, it } from "@effect/vitest"
import { seeded } from "../../src/simulate/seeded.ts"
import { makeZipf, zipfWeights } from "../../src/simulate/Zipf.ts"

const sample = (ranks: number, exponent: number, count: number) => {
  const random = seeded("zipf")
  const rankOf = makeZipf(ranks, exponent, () => random.nextDoubleUnsafe())
  return Array.from({ length: count }, rankOf)
}

describe("ranks by Zipf's law", () => {
  it.each<[ranks: number, exponent: number]>([
    [1, 1],
    [2, 1],
    [10, 0],
    [10, 0.5],
    [10, 0.9],
    [10, 1],
    [10, 1.2],
    [10, 3],
    [1_000, 0.9],
    [1_000, 1]
  ])("are as frequent as the law says: %d ranks, exponent %d", (ranks, exponent) => {
    const count = 50_000
    const counts = new Map<number, number>()
    for (const rank of sample(ranks, exponent, count)) counts.set(rank, (counts.get(rank) ?? 0) + 1)
    const weights = zipfWeights(ranks, exponent)
    for (const [index, weight] of weights.slice(0, 10).entries()) {
      const expected = weight * count
      const found = counts.get(index + 1) ?? 0
      // Five standard deviations of a binomial distribution.
      assert.approximately(found, expected, 5 * Math.sqrt(expected * (1 - weight)) + 1e-9, `rank ${index + 1}`)
    }
    assert.strictEqual([...counts.keys()].every((rank) => Number.isInteger(rank) && rank >= 1 && rank <= ranks), true)
  })

  it("need no table: ten million ranks are as cheap as ten", () => {
    const found = sample(10_000_000, 0.9, 10_000)
    assert.isAbove(Math.max(...found), 5_000_000)
    assert.isAtLeast(Math.min(...found), 1)
  })
})
