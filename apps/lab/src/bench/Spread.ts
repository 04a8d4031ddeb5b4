/** The median of some rounds, and their extremes. */
import { ascending, median } from "../quantile.ts"

export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export const spreadOf = (values: ReadonlyArray<number>): Spread => {
  const sorted = ascending(values)
  return { median: median(values), least: sorted[0] ?? Number.NaN, most: sorted.at(-1) ?? Number.NaN }
}

export const toText = ({ least, median, most }: Spread, digits: number): string => {
  const [middle, low, high] = [median, least, most].map((value) => value.toFixed(digits))
  return low === high ? `${middle}` : `${middle} (${low} to ${high})`
}
