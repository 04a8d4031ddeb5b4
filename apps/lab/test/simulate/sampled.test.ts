import { assert, describe, it } from "@effect/vitest"
import { makeSampled } from "../../src/simulate/sampled.ts"
import { usualWorld } from "../../src/simulate/Scenario.ts"
import { seeded } from "../../src/simulate/seeded.ts"
import { zipfWeights } from "../../src/simulate/Zipf.ts"

const sampled = (domains: number, sample: number, exponent = 0.9, seed = "a") =>
  makeSampled({ sample, seed, world: { ...usualWorld, domains, exponent } }, seeded("questions"))

const draw = (count: number, next: () => number) => {
  const counts = new Map<number, number>()
  for (let index = 0; index < count; index += 1) {
    const domain = next()
    counts.set(domain, (counts.get(domain) ?? 0) + 1)
  }
  return counts
}

describe("a sample of the domains", () => {
  it.each<[domains: number, sample: number]>([
    [20, 2],
    [100, 10],
    [101, 10],
    [1_000, 7]
  ])("of %d has one of each %d by popularity, each as often asked about as by Zipf's law", (domains, sample) => {
    const weights = zipfWeights(domains, 0.9)
    const { next, share } = sampled(domains, sample)
    const count = 50_000
    const counts = draw(count, next)
    const runs = [...counts.keys()].map((rank) => Math.floor((rank - 1) / sample))
    assert.deepStrictEqual(
      runs.toSorted((left, right) => left - right),
      Array.from({ length: counts.size }, (_, run) => run)
    )
    assert.include([Math.floor(domains / sample), Math.ceil(domains / sample)], counts.size)
    const total = [...counts.keys()].reduce((sum, rank) => sum + (weights[rank - 1] ?? 0), 0)
    assert.approximately(share, total, 1e-9)
    for (const [rank, found] of counts) {
      const probability = (weights[rank - 1] ?? 0) / total
      // Five standard deviations of a binomial distribution.
      assert.approximately(found, probability * count, 5 * Math.sqrt(count * probability) + 1e-9, `rank ${rank}`)
    }
  })

  it("of 1 is all of them", () => {
    const { next, share } = sampled(10, 1, 0)
    assert.strictEqual(share, 1)
    assert.strictEqual(draw(1_000, next).size, 10)
  })

  it("is another with another seed", () => {
    const ranks = (seed: string) => [...draw(5_000, sampled(1_000, 100, 0, seed).next).keys()].toSorted()
    assert.deepStrictEqual(ranks("a"), ranks("a"))
    assert.notDeepEqual(ranks("a"), ranks("b"))
  })

  it("of ten million domains has about its share of the questions", () => {
    for (const seed of ["a", "b"]) {
      const { share } = sampled(10_000_000, 1_000, 0.9, seed)
      // A third of the questions is about the first run of ranks, of which one is taken.
      assert.isBelow(Math.abs(Math.log2(share * 1_000)), 1)
    }
  })

  it("has to have a domain", () => {
    assert.throws(() => sampled(1, 1_000), /has none/)
  })
})
