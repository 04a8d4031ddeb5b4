/** Renders docs/reference/performance.md from the record. */
import { table } from "../../table.ts"
import type { Measurement } from "../Measurement.ts"
import type { Figure } from "../Outcome.ts"
import { targetText, valuesOf, verdictOf } from "../print.ts"
import { drawn, plots } from "./plots.ts"
import type { Entry, Record } from "./Record.ts"

type Measurements = Readonly<{ [name: string]: Measurement }>

/** In the order of the measurements; those without an entry are left out. */
export const toPage = (measurements: Measurements, record: Record): string => {
  const entries = Object.entries(measurements).flatMap(([name, measurement]) => {
    const entry = record[name]
    return entry === undefined ? [] : [{ name, measurement, entry }]
  })
  const figures = entries.flatMap(({ entry }) => entry.outcome.figures)
  return [
    head,
    table(["What", "Measured", "To reach", ""], figures.map(toRow)),
    ...entries.flatMap(({ entry, measurement, name }) => section(name, measurement, entry)),
    ...machines(entries.map(({ entry }) => entry))
  ].join("\n\n") + "\n"
}

const head = `# Performance

<!-- Made by \`npm run bench\` from apps/lab/src/bench. Do not edit. -->

What a warm answer costs a fleet of servers that ask about many domains, and what the rest costs. Each figure has its baseline
beside it, measured in the same run and in turn: a bare \`node:http\` handler that parses the same body, decodes and hashes the
same certificate, looks the domain up in a \`Map\` and does nothing else, and the same handler in Go (\`net/http\`,
\`encoding/json\`, \`GOMAXPROCS=1\`). Metrics and limits of the service are on.

A value is the median over the rounds, with the least and the most in parentheses. Of two servers, *throughput* is the ratio of
their answers a second, and *CPU* the inverse ratio of the CPU time of their processes for an answer: more is better in both. CPU
time is the steadier one on a machine that does other work. Each of these servers has one core, and the generator of the load the other.`

const toRow = (figure: Figure): ReadonlyArray<string> => [
  figure.what,
  valuesOf(figure).join("<br>"),
  targetText(figure.target),
  verdictOf(figure)
]

const section = (name: string, { method, title }: Measurement, { outcome }: Entry): ReadonlyArray<string> => [
  `## ${title}`,
  `${method} Measured by \`npm run bench -- ${name}\`.`,
  ...(outcome.tables ?? []).flatMap(({ head, rows, title }) => [`**${title}**`, table(head, rows)]),
  ...drawn(outcome.series ?? []).map((plot) => `![${plots[plot]?.title}](performance/${plot}.svg)`)
]

const machines = (entries: ReadonlyArray<Entry>): ReadonlyArray<string> => [
  "## Machine",
  [...new Set(entries.map(({ date, machine }) => `- ${date}: ${machine}`))].join("\n")
]
