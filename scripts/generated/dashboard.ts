/**
 * The Grafana dashboard, generated from what panels differ in. Grafana's own format is so repetitive that a change to
 * it is not reviewable.
 */
import { drawPanel } from "./dashboardPanels.ts"
import { scope } from "./dashboardQueries.ts"
import { rows } from "./dashboardRows.ts"

export const dashboard = (): string =>
  `${
    JSON.stringify(
      {
        uid: "posh",
        title: "POSH verification",
        tags: ["posh"],
        schemaVersion: 39,
        version: 1,
        editable: true,
        refresh: "30s",
        time: { from: "now-6h", to: "now" },
        templating: { list: variables },
        annotations: { list: annotations },
        links: [
          { title: "Alert rules", type: "link", url: "/alerting/list?search=Posh", icon: "bolt", targetBlank: true },
          { title: "POSH", type: "dashboards", tags: ["posh"], asDropdown: true, includeVars: true, keepTime: true }
        ],
        panels: placed()
      },
      null,
      2
    )
  }\n`

/** Chosen at import: whoever imports the dashboard has a data source of another name. */
const datasource = { type: "prometheus", uid: "${datasource}" }

const valuesOf = (name: string, label: string, query: string) => ({
  name,
  label,
  type: "query",
  datasource,
  query: { query, refId: name },
  refresh: 2,
  includeAll: true,
  multi: true,
  allValue: ".*",
  current: { text: "All", value: "$__all" }
})

const variables = [
  { name: "datasource", label: "Data source", type: "datasource", query: "prometheus", refresh: 1 },
  valuesOf("job", "Job", "label_values(posh_build_info, job)"),
  valuesOf("instance", "Replica", `label_values(posh_build_info{job=~"$job"}, instance)`)
]

const annotations = [
  {
    name: "Alerts",
    datasource,
    enable: true,
    iconColor: "red",
    expr: `ALERTS{alertname=~"Posh.+",alertstate="firing"}`,
    titleFormat: "{{alertname}}",
    textFormat: "{{instance}} {{severity}}"
  },
  {
    name: "Starts",
    datasource,
    enable: true,
    iconColor: "blue",
    expr: `(process_start_time_seconds{${scope}} and on (job, instance) posh_build_info{${scope}}) * 1000`,
    useValueForTime: "on",
    titleFormat: "{{instance}} started"
  }
]

/** Columns of Grafana's grid, and panels per row. */
const columns = 24
const across = 3
const width = columns / across
const height = 8

const placed = (): ReadonlyArray<object> => {
  const drawing: Array<object> = []
  let y = 0
  for (const { panels, title } of rows) {
    drawing.push({
      id: drawing.length + 1,
      type: "row",
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: columns, h: 1 },
      panels: []
    })
    y += 1
    for (const [index, panel] of panels.entries()) {
      const gridPos = { x: index % across * width, y: y + Math.floor(index / across) * height, w: width, h: height }
      drawing.push({ id: drawing.length + 1, gridPos, ...drawPanel(panel, datasource) })
    }
    y += Math.ceil(panels.length / across) * height
  }
  return drawing
}
