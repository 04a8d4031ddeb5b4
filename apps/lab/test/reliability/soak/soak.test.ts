/** A short form of the soak test; the long form is `npm run reliability -- soak`. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterWarmUp, slopeBound, toPage } from "../../../src/reliability/soak/page.ts"
import { soak } from "../../../src/reliability/soak/run.ts"
import { type Sample, slopeOf } from "../../../src/reliability/soak/slope.ts"

const native = ({ native }: Sample) => native

it("native memory is flat after a few hundred resolutions", async () => {
  const samples = await soak({ every: 400, samples: 4 })
  assert.strictEqual(samples.length, 4)
  // The allocator grows in steps, which few resolutions do not average out; a leaked connection takes about 40 KB.
  assert.isBelow(slopeOf(samples.slice(1), native), 5_000)
}, 120_000)

describe("slopeOf", () => {
  const at = (resolutions: number, native: number): Sample => ({ resolutions, native, heap: 0, external: 0, rss: 0 })
  it.each<[string, ReadonlyArray<Sample>, number]>([
    ["flat", [at(100, 5_000), at(200, 5_000), at(300, 5_000)], 0],
    ["a leak of 50 bytes", [at(100, 5_000), at(200, 10_000), at(300, 15_000)], 50],
    [
      "a leak that noise hides between the first and the last sample",
      [at(100, 9_000), at(200, 9_000), at(300, 19_000), at(400, 9_000)],
      10
    ],
    ["one sample", [at(100, 5_000)], 0],
    ["none", [], 0]
  ])("%s", (_, samples, slope) => assert.approximately(slopeOf(samples, native), slope, 1e-9))
})

describe("docs/reference/soak.md", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../../../docs/reference/soak.md"), "utf8")
  const samples = page.split("\n").filter((line) => /^\| \d/.test(line)).map((line): Sample => {
    const [resolutions = 0, ...megabytes] = line.split("|").slice(1).map(Number)
    const [native = 0, heap = 0, external = 0, rss = 0] = megabytes.map((size) => size * 1e6)
    return { resolutions, native, heap, external, rss }
  })

  it("reports tens of thousands of resolutions, and no leak", () => {
    assert.isAtLeast(samples.at(-1)?.resolutions ?? 0, 20_000)
    assert.isBelow(slopeOf(afterWarmUp(samples), native), slopeBound)
  })

  it("equals what the program writes", () => {
    const rows = (text: string) => text.split("\n").filter((line) => line.startsWith("| "))
    assert.deepStrictEqual(rows(page), rows(toPage(samples)))
    const prose = (text: string) =>
      text.replace(/-?\d[\d.]*/g, "n").split("\n").filter((line) => !line.startsWith("| "))
    assert.deepStrictEqual(prose(page), prose(toPage(samples)))
  })
})
