/**
 * The reference of all metrics, from the rows by which the service registers them.
 */
import { catalogue, type Labels, type Row } from "../../apps/server/src/telemetry/catalogue.ts"
import { table } from "./markdown.ts"

export const metricsReference = (): string =>
  `# Metrics

<!-- Made by \`npm run generate\` from apps/server/src/telemetry/catalogue.ts. Do not edit. -->

\`GET /metrics\` exports all of these in the text format of Prometheus; with \`POSH_METRICS=off\` there is no such route.
Labels take their values from closed sets: never a domain, a caller or a URL. Every series exists from the start, at zero,
so that a rate includes the first event. Values are those of one replica since its start. With \`POSH_WORKERS\`, counters and
histograms are the sum over all its processes, those that have ended included, and the column "Workers" says what a gauge is:
the sum over its workers (sum), or over all processes with the parent (all), the greatest (max) or least (min) value of a worker,
or that of the parent.

${
    table(
      ["Metric", "Type", "Unit", "Workers", "Meaning", "What to do about it"],
      rows.map(([name, row]) => [
        `\`${name}\``,
        row.type,
        row.unit,
        row.type === "gauge" ? row.workers : "sum",
        row.help,
        row.advice
      ])
    )
  }

A histogram has \`_bucket\` with the label \`le\`, \`_sum\` and \`_count\`.

## Labels

${rows.filter(([, { series }]) => labelsOf(series).length > 0).map(labelSection).join("\n\n")}

## Buckets

${
    table(
      ["Metric", "Upper bounds"],
      rows.flatMap(([name, { buckets }]) => buckets === undefined ? [] : [[`\`${name}\``, buckets.join(", ")]])
    )
  }
`

const rows = Object.entries<Row>(catalogue)

const labelsOf = (series: ReadonlyArray<Labels>): ReadonlyArray<string> => Object.keys(series[0] ?? {})

const labelSection = ([name, { series }]: readonly [string, Row]): string =>
  `### ${name}\n\n${
    table(
      ["Label", "Values"],
      labelsOf(series).map((label) => [`\`${label}\``, valuesText(name, label, series)])
    )
  }`

/** Replaces values of the generating process, such as the version of Node.js. */
const ofTheProcess = new Set(["posh_build_info", "nodejs_version_info"])

const valuesText = (name: string, label: string, series: ReadonlyArray<Labels>): string => {
  if (ofTheProcess.has(name)) {
    return name === "posh_build_info" && label === "version"
      ? "the version"
      : "of Node.js"
  }
  const values = [...new Set(series.map((labels) => labels[label] ?? ""))]
  return values.map((value) => `\`${value}\``).join(", ")
}
