/** What the bench is made of: options, certificates, choices, ratios, the page. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { X509Certificate } from "node:crypto"
import { toCompared } from "../../src/bench/compare/ratios.ts"
import { domainOf, indexOf } from "../../src/bench/fleet/domains.ts"
import { nameOf, shapeOf } from "../../src/bench/fleet/Fleet.ts"
import { issueMany } from "../../src/bench/fleet/issueMany.ts"
import { makeChoice, makeRandom } from "../../src/bench/load/random.ts"
import { parseOptions } from "../../src/bench/options.ts"
import type { Figure } from "../../src/bench/Outcome.ts"
import { toPage } from "../../src/bench/page/page.ts"
import { drawn, toSvg } from "../../src/bench/page/plots.ts"
import { verdictOf } from "../../src/bench/print.ts"
import { spreadOf, toText } from "../../src/bench/Spread.ts"

describe("parseOptions", () => {
  it.each<[string, ReadonlyArray<string>]>([
    ["a number that is none", ["--rounds", "many"]],
    ["no rounds", ["--rounds", "0"]],
    ["half a second", ["--seconds", "0.5"]],
    ["a fleet without certificates", ["--rows", "100x0"]],
    ["an empty fleet in a list", ["--rows", "1x1,"]],
    ["an option that is none", ["--round", "3"]]
  ])("refuses %s", (_, args) => assert.isString(parseOptions(args)))

  it("writes the page unless names are given", () => {
    assert.include(parseOptions([]), { write: true })
    assert.include(parseOptions(["warm"]), { write: false })
    assert.include(parseOptions(["warm", "--write"]), { write: true })
  })
})

describe("fleets", () => {
  it("have different certificates that are well-formed and of the usual size", async () => {
    const ders = await Effect.runPromise(issueMany(300))
    const read = ders.map((der) => new X509Certificate(der))
    assert.strictEqual(new Set(read.map(({ fingerprint256 }) => fingerprint256)).size, 300)
    assert.strictEqual(new Set(read.map(({ serialNumber }) => serialNumber)).size, 300)
    for (const { raw } of read) assert.isTrue(raw.length > 800 && raw.length < 1_200)
    assert.include(read[7]?.subjectAltName, "DNS:x0000007.xmpp.example")
    assert.strictEqual(read[7]?.publicKey.asymmetricKeyType, "ec")
    assert.isTrue(read.every(({ raw }, index) => raw.equals(ders[index]!)))
  })

  it("have names that say what they are", () => {
    assert.strictEqual(nameOf({ domains: 10_000, certificates: 100 }), "10000x100")
    assert.deepStrictEqual(shapeOf("10000x100"), { domains: 10_000, certificates: 100 })
    assert.strictEqual(indexOf(domainOf(99_999)), 99_999)
    assert.isNaN(indexOf("hosted.example"))
  })
})

describe("makeChoice", () => {
  const requests = ["a", "b", "c"].map((text) => Buffer.from(text))
  const take = (choose: () => Buffer | undefined, count: number) =>
    Array.from({ length: count }, () => choose()?.toString())

  it("takes each once, in order", () =>
    assert.deepStrictEqual(take(makeChoice(requests, { once: true }, makeRandom(1)), 4), ["a", "b", "c", undefined]))

  it("takes all equally often, and the same ones with the same seed", () => {
    const [first, second] = [1, 1].map((seed) => take(makeChoice(requests, {}, makeRandom(seed)), 3_000))
    assert.deepStrictEqual(first, second)
    for (const text of ["a", "b", "c"]) {
      assert.approximately(first!.filter((taken) => taken === text).length, 1_000, 150)
    }
  })
})

describe("ratios", () => {
  const round = (perSecond: number, cpuMicros: number) => ({
    perSecond,
    cpuMicros,
    answers: 1,
    wrong: 0,
    seconds: 1,
    p50Ms: 1,
    p90Ms: 1,
    p99Ms: 1,
    p999Ms: 1,
    mostMs: 1
  })

  it("are those of one round, and more is better in both", () => {
    const [, ours] = toCompared([
      { name: "bare", rounds: [round(100, 10), round(1_000, 10), round(10, 10)] },
      { name: "posh", rounds: [round(50, 20), round(900, 20), round(8, 5)] }
    ])
    assert.deepStrictEqual(ours?.throughput, { bare: { median: 0.8, least: 0.5, most: 0.9 } })
    assert.deepStrictEqual(ours?.cpu, { bare: { median: 0.5, least: 0.5, most: 2 } })
  })

  it("are told with their spread, where there is one", () => {
    assert.strictEqual(toText(spreadOf([3, 1, 2]), 1), "2.0 (1.0 to 3.0)")
    assert.strictEqual(toText(spreadOf([2.04, 2]), 1), "2.0")
  })
})

describe("a figure", () => {
  const figure = (target: Figure["target"], throughput: number, cpu: number): Figure => ({
    what: "it",
    target,
    measured: { throughput: spreadOf([throughput]), CPU: spreadOf([cpu]) }
  })

  it.each<[string, Figure]>([
    ["reached", figure({ least: 0.8 }, 0.8, 0.9)],
    ["by CPU", figure({ least: 0.8 }, 0.79, 0.9)],
    ["missed", figure({ least: 0.8 }, 0.79, 0.79)],
    ["missed", figure({ least: 0.8 }, Number.NaN, Number.NaN)],
    ["reached", figure({ most: 60 }, 60, -3)],
    ["by throughput", figure({ most: 60 }, 60, 61)]
  ])("is %s", (verdict, given) => assert.strictEqual(verdictOf(given), verdict))
})

describe("the page", () => {
  const outcome = {
    figures: [{ what: "a thing", target: { most: 25, unit: "ms" }, measured: { time: spreadOf([30.123]) } }],
    tables: [{ title: "things", head: ["", "ms"], rows: [["posh", "30"]] }],
    series: [
      { plot: "memory", name: "in use", points: [[1_000, 1], [10_000, 2]] as const },
      { plot: "fleets", name: "posh", points: [["1x1", 40]] as const }
    ]
  }
  const run = () => Promise.resolve(outcome)
  const measurements = { some: { title: "Some", method: "How.", run }, other: { title: "Other", method: "How.", run } }

  it("shows figures, tables and plots of what was measured, and of nothing else", () => {
    const page = toPage(measurements, { some: { date: "2026-01-02", machine: "2 cores", outcome } })
    for (
      const text of [
        "| a thing | time 30.1 ms | ≤ 25 ms | missed |",
        "## Some",
        "| posh | 30 |",
        "(performance/memory.svg)",
        "- 2026-01-02: 2 cores"
      ]
    ) assert.include(page, text)
    assert.notInclude(page, "## Other")
    assert.notInclude(page, "latency.svg")
  })

  it("has plots that are drawn without a browser", async () => {
    assert.deepStrictEqual(drawn(outcome.series), ["fleets", "memory"])
    for (const plot of drawn(outcome.series)) {
      const svg = await toSvg(plot, outcome.series)
      assert.match(svg, /^<svg [\s\S]*<\/svg>\n$/)
      assert.notMatch(svg, /NaN|undefined/)
    }
  })
})
