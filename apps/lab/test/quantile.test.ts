import { assert, describe, it } from "@effect/vitest"
import { ascending, median, quantile } from "../src/quantile.ts"

describe("quantile", () => {
  const hundred = ascending(Array.from({ length: 100 }, (_, index) => 100 - index))
  it.each<[string, ReadonlyArray<number>, number, number]>([
    ["the least", hundred, 0, 1],
    ["p50", hundred, 0.5, 51],
    ["p99", hundred, 0.99, 100],
    ["the greatest", hundred, 1, 100],
    ["one value", [7], 0.99, 7],
    ["none", [], 0.5, Number.NaN]
  ])("%s", (_, sorted, q, expected) => assert.deepStrictEqual(quantile(sorted, q), expected))

  it("sorts by number, and the median is in between", () => assert.strictEqual(median([10, 9, 100]), 10))
})
