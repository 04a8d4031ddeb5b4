/** The command line of the bench. */
import { parseArgs } from "node:util"
import type { Effort } from "./Effort.ts"
import { type Shape, shapeOf } from "./fleet/Fleet.ts"

export interface Options {
  /** Names of measurements; empty for all. */
  readonly names: ReadonlyArray<string>
  readonly effort: Effort
  readonly rows: ReadonlyArray<Shape>
  /** The fleet of what is measured beside the rows. */
  readonly large: Shape
  /** The fleet of "telemetry". */
  readonly small: Shape
  /** The fleet of what is measured otherwise. */
  readonly medium: Shape
  /** Requests of one round, where each is sent once. */
  readonly perRound: number
  /** Numbers of connections that "load" compares. */
  readonly sweep: ReadonlyArray<number>
  /** Processes of each kind in "telemetry". */
  readonly starts: number
  /** Domains of the measurement of memory. */
  readonly entries: number
  /** Other checkouts of this repository, whose services are measured beside this one. */
  readonly against: ReadonlyArray<string>
  /** Measure bare Go, too, where it is installed. */
  readonly go: boolean
  /** Before everything else on the machine. */
  readonly priority: boolean
  /** Keep the outcome for the page. */
  readonly write: boolean
}

export const usage = `npm run bench -- [name …] [option …]
  --rounds N          rounds of each comparison (default 5)
  --seconds N         of one server in one round (default 2)
  --connections N     concurrent connections (default 32)
  --rows AxB,…        fleets of "warm": domains x certificates
  --large AxB         the fleet of "load" (default 100000x100000)
  --small AxB         the fleet of "telemetry" (default 1000x1000)
  --medium AxB        the fleet of the others (default 10000x10000)
  --per-round N       requests of a round of "newCertificates" and "cold" (default 5000)
  --starts N          processes of each kind in "telemetry" (default 3)
  --entries N         domains of "memory" (default 1000000)
  --against PATH      the service of another checkout beside this one; repeatable
  --no-go             without bare Go
  --priority          go before everything else on the machine (Linux, root)
  --write             write the page; without names that is the default`

/** One question; a small fleet; shared certificates; a certificate for each domain. */
const usualRows = ["1x1", "1000x1000", "10000x100", "10000x10000", "100000x1000", "100000x100000"]

/** A message for what cannot be read. */
export const parseOptions = (args: ReadonlyArray<string>): Options | string => {
  try {
    return toOptions(args)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const toOptions = (args: ReadonlyArray<string>): Options => {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    allowNegative: true,
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "2" },
      connections: { type: "string", default: "32" },
      rows: { type: "string", default: usualRows.join(",") },
      large: { type: "string", default: "100000x100000" },
      small: { type: "string", default: "1000x1000" },
      medium: { type: "string", default: "10000x10000" },
      "per-round": { type: "string", default: "5000" },
      starts: { type: "string", default: "3" },
      entries: { type: "string", default: "1000000" },
      against: { type: "string", multiple: true, default: [] },
      go: { type: "boolean", default: true },
      priority: { type: "boolean", default: false },
      write: { type: "boolean", default: false }
    }
  })
  return {
    names: positionals,
    effort: {
      rounds: toCount("rounds", values.rounds),
      seconds: toCount("seconds", values.seconds),
      warmUpSeconds: 3,
      connections: toCount("connections", values.connections)
    },
    rows: values.rows.split(",").map(toShape),
    large: toShape(values.large),
    small: toShape(values.small),
    medium: toShape(values.medium),
    perRound: toCount("per-round", values["per-round"]),
    sweep: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    starts: toCount("starts", values.starts),
    entries: toCount("entries", values.entries),
    against: values.against,
    go: values.go,
    priority: values.priority,
    write: values.write || positionals.length === 0
  }
}

const toCount = (name: string, text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: not a whole number from 1: ${text}`)
  return value
}

const toShape = (text: string): Shape => {
  const shape = shapeOf(text)
  if (shape === undefined) throw new Error(`not a fleet such as 10000x100: ${text}`)
  return shape
}
