/** The command line of the bench. */
import { parseArgs } from "node:util"
import type { Effort } from "./compare.ts"
import { type Shape, shapeOf } from "./fleet/Fleet.ts"

export interface Options extends Effort {
  /** Names of measurements; empty for all. */
  readonly names: ReadonlyArray<string>
  readonly rows: ReadonlyArray<Shape>
  /** Other checkouts of this repository, whose services are measured beside this one. */
  readonly against: ReadonlyArray<string>
  /** Before everything else on the machine. */
  readonly priority: boolean
}

export const usage = `npm run bench -- [name …] [option …]
  --rounds N          rounds of each comparison (default 5)
  --seconds N         of one server in one round (default 2)
  --connections N     concurrent connections (default 32)
  --rows AxB,…        fleets of "warm": domains x certificates
  --against PATH      the service of another checkout beside this one; repeatable
  --priority          go before everything else on the machine (Linux, root)`

/** Section by section: one question, a small fleet, shared certificates, one certificate a domain. */
const usualRows = ["1x1", "1000x1000", "10000x100", "10000x10000", "100000x1000", "100000x100000"]

/** A message for what cannot be read. */
export const parseOptions = (args: ReadonlyArray<string>): Options | string => {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "2" },
      connections: { type: "string", default: "32" },
      rows: { type: "string", default: usualRows.join(",") },
      against: { type: "string", multiple: true, default: [] },
      priority: { type: "boolean", default: false }
    }
  })
  const [rounds, seconds, connections] = [values.rounds, values.seconds, values.connections].map(Number)
  const rows = values.rows.split(",").map(shapeOf)
  if (!isCount(rounds) || !isCount(seconds) || !isCount(connections) || !rows.every((row) => row !== undefined)) {
    return "a number is not a whole number from 1, or a row is not like 10000x100"
  }
  return { names: positionals, rounds, seconds, connections, rows, against: values.against, priority: values.priority }
}

const isCount = (value: number | undefined): value is number => Number.isInteger(value) && (value ?? 0) > 0
