/**
 * A panel of the dashboard, and the queries that many panels share.
 */

export interface Panel {
  readonly title: string
  /** How to interpret it. */
  readonly description: string
  /** Unit of Grafana. */
  readonly unit: "reqps" | "ops" | "s" | "percentunit" | "short" | "bytes"
  readonly stacked?: boolean
  /** One number or a table, of now; without it, curves over time. */
  readonly kind?: "stat" | "table"
  /** Where it becomes red; with `isLeast`, below it. Where an alert has a threshold, it is the same. */
  readonly threshold?: number
  readonly isLeast?: boolean
  readonly queries: ReadonlyArray<readonly [legend: string, expr: string]>
}

export interface DashboardRow {
  readonly title: string
  readonly panels: ReadonlyArray<Panel>
}

/** The chosen replicas. */
export const scope = `job=~"$job",instance=~"$instance"`

export const rate = (metric: string, labels = ""): string => `rate(${gauge(metric, labels)}[$__rate_interval])`

export const sumBy = (by: string, metric: string, labels?: string): string => `sum by (${by}) (${rate(metric, labels)})`

export const quantile = (q: number, metric: string, labels?: string, by = "le"): string =>
  `histogram_quantile(${q}, ${sumBy(by, `${metric}_bucket`, labels)})`

export const quantiles = (metric: string, labels?: string): Panel["queries"] => [
  ["p50", quantile(0.5, metric, labels)],
  ["p99", quantile(0.99, metric, labels)]
]

export const gauge = (metric: string, labels = ""): string => `${metric}{${scope}${labels === "" ? "" : `,${labels}`}}`

/** Of this service: other programs have metrics of the same name. */
export const ours = (expression: string): string => `${expression} and on (job, instance) ${gauge("posh_build_info")}`
