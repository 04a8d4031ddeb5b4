/** What of the chart is made from other files: its README from the comments of its values, and its alerts. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { isMap, isPair, isScalar, parseDocument, visit } from "yaml"
import { table } from "./markdown.ts"

const root = join(import.meta.dirname, "../..")

/** Helm reads no file outside of a chart. */
export const chartRules = (): string => readFileSync(join(root, "docker/prometheus/rules.yml"), "utf8")

export const chartReadme = (): string =>
  `# Helm chart of POSH

<!-- Made by \`npm run generate\` from values.yaml. Do not edit. -->

Two replicas of the service, with probes on a port of their own, a disruption budget, a network policy, secrets as files, and
metrics and alerts for the Prometheus Operator where they are wanted. [The guide](../../../docs/guides/kubernetes.md) installs it
step by step.

## Values

${table(["Value", "Default", "Meaning"], valueRows(readFileSync(join(root, "deploy/helm/posh/values.yaml"), "utf8")))}

\`values.schema.json\` refuses unknown names and bad values. \`npm run check:chart\` renders the chart for each file in \`ci\`, and
checks what comes of it.
`

/** Pure. A row for each value that has a comment; throws where one without values below it has none. */
export const valueRows = (values: string): ReadonlyArray<ReadonlyArray<string>> => {
  const rows: Array<ReadonlyArray<string>> = []
  visit(parseDocument(values), {
    Pair: (_, { key, value }, ancestors) => {
      const path = [...ancestors.filter(isPair).map((pair) => pair.key), key].map(String).join(".")
      const meaning = commentAbove(values, isScalar(key) ? key.range?.[0] ?? 0 : 0)
      if (meaning === "" && isMap(value) && value.items.length > 0) return undefined
      if (meaning === "") throw new Error(`values.yaml: ${path} has no comment`)
      rows.push([`\`${path}\``, `\`${JSON.stringify(value)}\``, meaning])
      return visit.SKIP
    }
  })
  return rows
}

/** The lines of comment that end just above an offset. */
const commentAbove = (text: string, offset: number): string => {
  const lines = text.slice(0, offset).split("\n").slice(0, -1)
  const from = lines.findLastIndex((line) => !/^ *#/.test(line)) + 1
  return lines.slice(from).map((line) => line.replace(/^ *# ?/, "")).join(" ")
}
