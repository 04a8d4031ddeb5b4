/** Random graphs and changed chains; `random/main.ts` runs 100,000 of them. */
import { assert, describe, it } from "@effect/vitest"
import { searchGraph, searchMutation } from "./random/search.ts"

const seeds = Array.from({ length: 300 }, (_, seed) => seed)

describe("findPath, at random", () => {
  it("POSH-PRF-01: a graph has a path if and only if trying all of them finds one", () => {
    const outcomes = seeds.map(searchGraph)
    assert.deepStrictEqual(outcomes.flatMap(({ defect }) => defect ?? []), [])
    const kinds = new Set(outcomes.map(({ kind }) => kind))
    assert.deepStrictEqual([...kinds].toSorted(), ["incomplete", "invalid", "path"])
  })

  it("POSH-SEC-13: a changed certificate is never part of a path, and nothing throws", () => {
    assert.deepStrictEqual(seeds.flatMap((seed) => searchMutation(seed).defect ?? []), [])
  })
})
