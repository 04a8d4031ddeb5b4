/** Writes the record, the page and its plots. What was measured before and not now stays. */
import { writeFileSync } from "node:fs"
import type { Measurement } from "../Measurement.ts"
import type { Series } from "../Outcome.ts"
import { toPage } from "./page.ts"
import { drawn, toSvg } from "./plots.ts"
import { readRecord, type Record, reference, writeRecord } from "./Record.ts"

export const write = async (
  measurements: Readonly<{ [name: string]: Measurement }>,
  measured: Record
): Promise<void> => {
  writeRecord({ ...readRecord(), ...measured })
  // As it can be read again, so that the page says the same from the file alone.
  const record = readRecord()
  writeFileSync(`${reference}performance.md`, toPage(measurements, record))
  const series = seriesOf(record)
  for (const name of drawn(series)) writeFileSync(`${reference}performance/${name}.svg`, await toSvg(name, series))
}

export const seriesOf = (record: Record): ReadonlyArray<Series> =>
  Object.values(record).flatMap(({ outcome }) => outcome.series ?? [])
