/** What a measurement tells: figures beside their targets, tables, and series to draw. Plain data, so that a file keeps it. */
import type { Spread } from "./Spread.ts"

export interface Outcome {
  readonly figures: ReadonlyArray<Figure>
  readonly tables?: ReadonlyArray<Table>
  readonly series?: ReadonlyArray<Series>
}

/** One row of the summary. */
export interface Figure {
  readonly what: string
  readonly target: Target
  /** By what was measured, such as `throughput` and `CPU`. The figure is met where one of them is. */
  readonly measured: Readonly<Record<string, Spread>>
}

/** A bound of every value of a figure. */
export type Target = { readonly least: number; readonly unit?: string } | {
  readonly most: number
  readonly unit?: string
}

export interface Table {
  readonly title: string
  readonly head: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
}

/** Points of one plot. */
export interface Series {
  readonly plot: string
  readonly name: string
  readonly points: ReadonlyArray<readonly [x: number | string, y: number]>
}

export const isReached = (target: Target, { median }: Spread): boolean =>
  "least" in target ? median >= target.least : median <= target.most
