/** The plots of the page, as specifications for Vega-Lite, and as SVG. */
import { parse, View } from "vega"
import { compile, type TopLevelSpec } from "vega-lite"
import type { Series } from "../Outcome.ts"

interface Plot {
  readonly title: string
  readonly mark: "line" | "bar"
  readonly x: Axis
  readonly y: Axis
}

interface Axis {
  readonly title: string
  readonly scale: "log" | "linear" | "category"
}

/** By the name that series carry. */
export const plots: Readonly<{ [name: string]: Plot }> = {
  fleets: {
    title: "CPU time of a warm answer, by domains × certificates",
    mark: "bar",
    x: { title: "domains × certificates", scale: "category" },
    y: { title: "CPU an answer, µs", scale: "linear" }
  },
  connections: {
    title: "Throughput by connections",
    mark: "line",
    x: { title: "connections", scale: "log" },
    y: { title: "answers a second", scale: "linear" }
  },
  latency: {
    title: "Latency at half of the saturating load",
    mark: "line",
    x: { title: "percentile", scale: "category" },
    y: { title: "milliseconds", scale: "log" }
  },
  entries: {
    title: "CPU time of a warm verdict by entries of the cache",
    mark: "line",
    x: { title: "entries", scale: "log" },
    y: { title: "CPU a verdict, µs", scale: "linear" }
  },
  memory: {
    title: "Memory by entries of the cache",
    mark: "line",
    x: { title: "entries", scale: "log" },
    y: { title: "megabytes", scale: "log" }
  }
}

/** The plots that there are series for. */
export const drawn = (series: ReadonlyArray<Series>): ReadonlyArray<string> =>
  Object.keys(plots).filter((name) => series.some(({ plot }) => plot === name))

export const toSvg = async (name: string, series: ReadonlyArray<Series>): Promise<string> => {
  const view = new View(parse(compile(toSpec(plots[name]!, series.filter(({ plot }) => plot === name))).spec))
  try {
    return `${await view.toSVG()}\n`
  } finally {
    view.finalize()
  }
}

const toSpec = ({ mark, title, x, y }: Plot, series: ReadonlyArray<Series>): TopLevelSpec => ({
  title,
  width: 560,
  height: 280,
  background: "white",
  padding: 12,
  config: { font: "system-ui, sans-serif", title: { anchor: "start" }, legend: { title: null } },
  data: {
    values: series.flatMap(({ name, points }) => points.map(([at, value]) => ({ name, at, value })))
  },
  mark: mark === "line" ? { type: "line", point: true } : { type: "bar" },
  encoding: {
    x: { field: "at", ...toChannel(x) },
    y: { field: "value", ...toChannel(y) },
    color: { field: "name", type: "nominal", sort: null },
    ...(mark === "bar" ? { xOffset: { field: "name", type: "nominal", sort: null } } : {})
  }
})

const toChannel = ({ scale, title }: Axis) =>
  scale === "category"
    ? { type: "ordinal", title, sort: null, axis: { labelAngle: 0 } } as const
    : { type: "quantitative", title, scale: { type: scale } } as const
