/** What is kept of measurements for the page, in `docs/reference/performance/measured.json`: each by its name. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import type { Outcome } from "../Outcome.ts"

export interface Entry {
  /** ISO 8601, the day. */
  readonly date: string
  /** A sentence. */
  readonly machine: string
  readonly outcome: Outcome
}

export type Record = Readonly<{ [measurement: string]: Entry }>

export const reference = fileURLToPath(new URL("../../../../../docs/reference/", import.meta.url))

const path = `${reference}performance/measured.json`

export const readRecord = (): Record => existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {}

export const writeRecord = (record: Record): void => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(record, rounded, 2)}\n`)
}

/** Four digits: more would change with every run, and say nothing. */
const rounded = (_key: string, value: unknown): unknown =>
  typeof value === "number" ? Number(value.toPrecision(4)) : value
