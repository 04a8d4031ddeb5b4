/**
 * Plots of the page, as SVG. Drawn by Vega-Lite.
 */
import { parse, View } from "vega"
import { compile, type TopLevelSpec } from "vega-lite"
import type { Report } from "./report.ts"

export interface Point {
  readonly x: number
  readonly y: number
  readonly series: string
}

export interface PlotOptions {
  readonly title: string
  readonly x: string
  readonly y: string
  /** Logarithmic. */
  readonly logarithmic?: ReadonlyArray<"x" | "y">
  readonly percent?: boolean
}

export const draw = (points: ReadonlyArray<Point>, { logarithmic = [], percent, title, x, y }: PlotOptions) => {
  const scale = (axis: "x" | "y") => logarithmic.includes(axis) ? { type: "log" as const } : {}
  const spec: TopLevelSpec = {
    title,
    width: 480,
    height: 240,
    background: "white",
    data: { values: [...points] },
    mark: { type: "line", point: points.length < 40 },
    encoding: {
      x: { field: "x", type: "quantitative", title: x, scale: scale("x") },
      y: {
        field: "y",
        type: "quantitative",
        title: y,
        scale: scale("y"),
        axis: percent === true ? { format: "%" } : {}
      },
      color: { field: "series", type: "nominal", title: null, sort: null }
    }
  }
  return new View(parse(compile(spec).spec), { renderer: "none" }).toSVG()
}

/** Where answers come from, as a share of the questions. */
export const tierPoints = (x: number, { answers: { tiers } }: Report): ReadonlyArray<Point> => [
  { x, y: tiers.memory, series: "memory" },
  { x, y: tiers.redis, series: "Redis" },
  { x, y: tiers.miss + tiers.coalesced, series: "origin" }
]

/** "Don't know" about domains that can be reached, over time in minutes. */
export const lostPoints = (series: string, { slices }: Report): ReadonlyArray<Point> =>
  slices.map(({ at, lost, questions }) => ({ x: at / 60_000, y: questions === 0 ? 0 : lost / questions, series }))
