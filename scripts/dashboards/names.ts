/**
 * Compares the metrics, labels and values of queries with the catalogue: a query for a missing series returns nothing,
 * and an alert on it never fires.
 */
import { readFileSync } from "node:fs"
import { catalogue, type Row } from "../../apps/server/src/telemetry/catalogue.ts"

/** The query of the variable that lists data sources: their type, and no expression. */
const dataSources = "prometheus"

/** The expressions of a Grafana dashboard. */
export const readDashboard = (file: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  JSON.parse(readFileSync(file, "utf8"), (key, value: unknown) => {
    if ((key === "expr" || key === "query") && typeof value === "string" && value !== dataSources) found.push(value)
    return value
  })
  return found
}

/** The expressions of rules, on one line or folded. */
export const readRules = (file: string): ReadonlyArray<string> =>
  [...readFileSync(file, "utf8").matchAll(/^ +expr: (?:>-\n((?: {10,}.*\n)+)|(.*)\n)/gm)]
    .map(([, folded, line]) => (folded ?? line ?? "").replaceAll(/\s+/g, " ").trim())

/** Names that the service does not export. An expression without any metric of the service counts too. */
export const unknownNames = (file: string, expressions: ReadonlyArray<string>): ReadonlyArray<string> =>
  expressions.length === 0
    ? [`${file}: has no expressions`]
    : expressions.flatMap((expression) => faultsOf(expression).map((fault) => `${file}: ${fault} in ${expression}`))

/** Metrics of Prometheus itself. */
const foreign = new Set(["up", "ALERTS"])
/** Labels that scraping adds. */
const scraped = ["job", "instance", "le"]

const faultsOf = (expression: string): ReadonlyArray<string> => {
  const selectors = [...expression.matchAll(/\b((?:posh|process|nodejs)_\w+|up|ALERTS)\b(?:\{([^}]*)\})?/g)]
  if (selectors.length === 0) return ["no metric"]
  const labels = new Set(scraped)
  const faults = selectors.flatMap(([, name = "", matchers = ""]) => {
    const row = rowOf(name)
    if (row === undefined) return foreign.has(name) ? [] : [`no metric ${name}`]
    for (const label of Object.keys(row.series[0] ?? {})) labels.add(label)
    return [...matchers.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].flatMap((
      [, label = "", operator = "", value = ""]
    ) => scraped.includes(label) ? [] : labelFaults(name, row, label, operator, value))
  })
  const grouped = [...expression.matchAll(/\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g)]
    .flatMap(([, list = ""]) => list.split(",").map((label) => label.trim()))
  return [...faults, ...grouped.filter((label) => !labels.has(label)).map((label) => `no label ${label}`)]
}

const rows: Readonly<Record<string, Row>> = catalogue

/** A name in prose, where that of a histogram stands for all its series. */
export const isMetric = (name: string): boolean => rowOf(name) !== undefined || rows[name] !== undefined

const rowOf = (name: string): Row | undefined => {
  const base = name.replace(/_(bucket|sum|count)$/, "")
  if (base !== name && rows[base]?.type === "histogram") return rows[base]
  const row = rows[name]
  return row?.type === "histogram" ? undefined : row // the bare name of a histogram has no series
}

/** A negated value must exist too: otherwise it excludes nothing. */
const labelFaults = (name: string, { series }: Row, label: string, operator: string, value: string) => {
  const values = series.flatMap((labels) => labels[label] ?? [])
  if (values.length === 0) return [`${name} has no label ${label}`]
  const wanted = operator.endsWith("~") ? value.split("|") : [value]
  return wanted.filter((one) => !values.includes(one)).map((one) => `${name} has no ${label}="${one}"`)
}
