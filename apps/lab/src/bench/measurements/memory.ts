/** Memory for each association, and the cost of a warm verdict, as the cache grows to a million entries. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { commandOf } from "../../process.ts"
import type { Bench } from "../Bench.ts"
import { cores, onCore } from "../machine/cores.ts"
import { withFlags } from "../machine/node.ts"
import { outputOf } from "../machine/outputOf.ts"
import type { Measurement } from "../Measurement.ts"
import type { Sample } from "../memory/Sample.ts"
import type { Outcome } from "../Outcome.ts"
import { spreadOf, toText } from "../Spread.ts"

/** Few, so that they take part in no growth. */
const certificates = 1_000

export const memory: Measurement = {
  title: "Memory, and cost as the cache grows",
  method:
    "A verifier without a network learns of domains (RFC 7711, one fingerprint each, by questions with a fingerprint). Memory " +
    "is what is in use after a collection of garbage, on the heap and outside, above that of an empty verifier. The cost is the CPU " +
    "time from question to verdict, over domains chosen at random, with certificates.",
  run: async (bench) => {
    const samples = await sample(bench)
    const table = {
      title: "memory and cost by entries",
      head: ["entries", "MB", "KiB an entry", "CPU of a warm verdict, µs"],
      rows: samples.map(({ bytes, entries, micros }) => [
        entries.toLocaleString("en"),
        (bytes / 1e6).toFixed(1),
        (bytes / entries / 1_024).toFixed(2),
        toText(spreadOf(micros), 1)
      ])
    }
    bench.tell(table)
    return { ...toFigures(samples), tables: [table] }
  }
}

const sample = async ({ fleet, folder, options }: Bench): Promise<ReadonlyArray<Sample>> => {
  const sizes = [1_000, 10_000, 100_000, 1_000_000].filter((size) => size < options.entries)
  const count = Math.min(certificates, options.entries)
  const { questions } = await fleet({ domains: count, certificates: count })
  const file = join(folder, "memory.json")
  writeFileSync(file, JSON.stringify(questions.map(({ certificate }) => certificate)))
  const verdicts = Math.min(20_000, 20 * options.entries)
  // Room for garbage, so that the collector is not what is measured.
  const flags = ["--expose-gc", "--max-old-space-size=12000"]
  const command = withFlags(commandOf(new URL("../memory/subject.ts", import.meta.url)), ...flags)
  const output = await outputOf(
    onCore(cores.server, [...command, JSON.stringify([...sizes, options.entries]), file, `${verdicts}`])
  )
  return output.trimEnd().split("\n").map((line): Sample => JSON.parse(line))
}

const toFigures = (samples: ReadonlyArray<Sample>): Pick<Outcome, "figures" | "series"> => {
  const first = samples[0]!
  const last = samples.at(-1)!
  const base = spreadOf(first.micros).median
  const size = last.entries.toLocaleString("en")
  return {
    figures: [
      {
        what: `memory for each association, of ${size}`,
        target: { most: 1, unit: "KiB" },
        measured: { memory: spreadOf([last.bytes / last.entries / 1_024]) }
      },
      {
        what: `cost of a warm verdict with ${size} entries, to that with ${first.entries.toLocaleString("en")}`,
        target: { most: 1.2 },
        measured: { CPU: spreadOf(last.micros.map((micros) => micros / base)) }
      }
    ],
    series: [
      { plot: "memory", name: "in use", points: samples.map(({ bytes, entries }) => [entries, bytes / 1e6]) },
      {
        plot: "entries",
        name: "warm verdict",
        points: samples.map(({ entries, micros }) => [entries, spreadOf(micros).median])
      }
    ]
  }
}
