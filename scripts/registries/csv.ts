/** Comma-separated values as the registries of IANA write them (RFC 4180): quoted cells may hold commas and line breaks. */

/**
 * The rows below the header, each by the names of `columns`. Throws where a column is missing or there is no row, so that
 * an error page never passes for an empty registry.
 */
export const readTable = <Column extends string>(
  text: string,
  columns: ReadonlyArray<Column>
): ReadonlyArray<Readonly<Record<Column, string>>> => {
  const [header = [], ...rows] = cells(text)
  const missing = columns.filter((column) => !header.includes(column))
  if (missing.length > 0) throw new Error(`the registry has no column ${missing.join(", ")}`)
  if (rows.length === 0) throw new Error("the registry has no entry")
  return rows.map((row) =>
    Object.fromEntries(columns.map((column) => [column, row[header.indexOf(column)] ?? ""])) as Record<Column, string>
  )
}

const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy

const cells = (text: string): ReadonlyArray<ReadonlyArray<string>> => {
  const rows: Array<Array<string>> = []
  let row: Array<string> = []
  for (const [, quoted, plain = "", end] of text.trimEnd().matchAll(cell)) {
    row.push(quoted?.replaceAll("\"\"", "\"").replaceAll(/\s*\n\s*/g, " ") ?? plain)
    if (end === ",") continue
    rows.push(row)
    row = []
    if (end === "") break
  }
  return rows
}
