/**
 * The Grafana dashboard, generated from what panels differ in. Grafana's own format is so repetitive that a change to
 * it is not reviewable.
 */
import { type Panel, rows } from "./dashboardRows.ts"

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
        templating: {
          list: [{
            name: "instance",
            label: "Replica",
            type: "query",
            datasource,
            query: { query: "label_values(posh_build_info, instance)", refId: "instance" },
            refresh: 2,
            includeAll: true,
            multi: true,
            allValue: ".*",
            current: { text: "All", value: "$__all" }
          }]
        },
        panels: placed()
      },
      null,
      2
    )
  }\n`

const datasource = { type: "prometheus", uid: "prometheus" }

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
      drawing.push({ id: drawing.length + 1, gridPos, ...drawn(panel) })
    }
    y += Math.ceil(panels.length / across) * height
  }
  return drawing
}

const drawn = ({ description, queries, stacked, title, unit }: Panel): object => ({
  type: "timeseries",
  title,
  description,
  datasource,
  fieldConfig: {
    defaults: {
      unit,
      min: 0,
      custom: {
        fillOpacity: stacked === true ? 40 : 10,
        showPoints: "never",
        stacking: { mode: stacked === true ? "normal" : "none" }
      }
    },
    overrides: []
  },
  options: {
    legend: { displayMode: "list", placement: "bottom" },
    tooltip: { mode: "multi", sort: "desc" }
  },
  targets: queries.map(([legend, expr], index) => ({
    refId: String.fromCharCode(65 + index),
    datasource,
    expr,
    legendFormat: legend
  }))
})
