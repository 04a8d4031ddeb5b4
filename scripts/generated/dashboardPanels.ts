/** One panel in Grafana's format: a curve over time, one number, or a table of what is now. */
import type { Panel } from "./dashboardQueries.ts"

export const drawPanel = (panel: Panel, datasource: object): object => ({
  type: panel.kind ?? "timeseries",
  title: panel.title,
  description: panel.description,
  datasource,
  ...formats[panel.kind ?? "timeseries"](panel),
  targets: panel.queries.map(([legend, expr], index) => ({
    refId: String.fromCodePoint(65 + index),
    datasource,
    expr,
    legendFormat: legend,
    ...(panel.kind === undefined ? {} : { instant: true, range: false }),
    ...(panel.kind === "table" ? { format: "table" } : {})
  }))
})

const thresholdsOf = ({ isLeast, threshold }: Panel) => ({
  mode: "absolute",
  steps: threshold === undefined
    ? [{ color: "green", value: null }]
    : [{ color: isLeast === true ? "red" : "green", value: null }, {
      color: isLeast === true ? "green" : "red",
      value: threshold
    }]
})

const formats = {
  timeseries: (panel: Panel): object => ({
    fieldConfig: {
      defaults: {
        unit: panel.unit,
        min: 0,
        thresholds: thresholdsOf(panel),
        custom: {
          fillOpacity: panel.stacked === true ? 40 : 10,
          showPoints: "never",
          stacking: { mode: panel.stacked === true ? "normal" : "none" },
          thresholdsStyle: { mode: panel.threshold === undefined ? "off" : "dashed" }
        }
      },
      overrides: []
    },
    options: {
      legend: { displayMode: "list", placement: "bottom" },
      tooltip: { mode: "multi", sort: "desc" }
    }
  }),
  stat: (panel: Panel): object => ({
    fieldConfig: { defaults: { unit: panel.unit, thresholds: thresholdsOf(panel) }, overrides: [] },
    options: {
      colorMode: "background",
      graphMode: "none",
      reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false }
    }
  }),
  table: (panel: Panel): object => ({
    fieldConfig: { defaults: { unit: panel.unit }, overrides: [] },
    options: { showHeader: true },
    transformations: [{
      id: "organize",
      options: { excludeByName: { Time: true, Value: true, __name__: true } }
    }]
  })
}
