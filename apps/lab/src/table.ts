/** A table of Markdown. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [toLine(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(toLine)].join("\n")

const toLine = (cells: ReadonlyArray<string>): string => `| ${cells.join(" | ")} |`
