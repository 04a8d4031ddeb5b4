/** Tables and figures in a terminal. */
import type { Figure, Table, Target } from "./Outcome.ts"
import { isReached } from "./Outcome.ts"
import { toText } from "./Spread.ts"

export const tableLines = ({ head, rows, title }: Table): ReadonlyArray<string> => {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const line = (row: ReadonlyArray<string>) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()
  return ["", `## ${title}`, line(head), ...rows.map(line)]
}

export const figureLine = (figure: Figure): string =>
  `${verdictOf(figure).padEnd(14)} ${figure.what}: ${valuesOf(figure).join(", ")}; to reach: ${
    targetText(figure.target)
  }`

/** With fewer digits the larger a value is. */
export const valuesOf = ({ measured, target }: Figure): ReadonlyArray<string> =>
  Object.entries(measured).map(([by, spread]) =>
    `${by} ${toText(spread, spread.median < 10 ? 2 : spread.median < 100 ? 1 : 0)}${unitOf(target)}`
  )

export const targetText = (target: Target): string =>
  "least" in target ? `≥ ${target.least}${unitOf(target)}` : `≤ ${target.most}${unitOf(target)}`

const unitOf = ({ unit }: Target): string => unit === undefined ? "" : ` ${unit}`

/** By what it is reached, where not by everything. */
export const verdictOf = ({ measured, target }: Figure): string => {
  const reached = Object.entries(measured).filter(([, spread]) => isReached(target, spread)).map(([by]) => by)
  if (reached.length === 0) return "missed"
  return reached.length === Object.keys(measured).length ? "reached" : `by ${reached.join(", ")}`
}
