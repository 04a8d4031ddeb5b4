/**
 * Runs a generator in a process of its own, on another core than the servers: `wrk` where it is installed and can do what is
 * asked, else the one of the house. Servers of one comparison always get the same one. Less than a second measures nothing:
 * then it runs here, because a process would take longer to start.
 */
import { fileURLToPath } from "node:url"
import { type Command, commandOf } from "../../process.ts"
import { cores, onCore } from "../machine/cores.ts"
import { outputOf } from "../machine/outputOf.ts"
import { hasTool } from "../machine/tools.ts"
import { generate } from "./generate.ts"
import type { LoadOptions, LoadResult } from "./Load.ts"

export const load = async (options: LoadOptions): Promise<LoadResult> => {
  const result = options.seconds < 1 ? await generate(options) : await inProcess(options)
  if (result.answers === 0) throw new Error("no answer at all")
  return result
}

const inProcess = async (options: LoadOptions): Promise<LoadResult> => {
  const command = canWrk(options) ? wrk(options) : house(options)
  const lines = (await outputOf(onCore(cores.generator, command))).trimEnd().split("\n")
  return JSON.parse(lines.at(-1) ?? "")
}

// Its durations are whole seconds.
const canWrk = ({ once, rate, seconds }: LoadOptions): boolean =>
  hasTool("wrk") && rate === undefined && once === undefined && Number.isInteger(seconds)

const script = fileURLToPath(new URL("wrk.lua", import.meta.url))

const wrk = ({ connections, expect, port, requests, seconds, seed }: LoadOptions): Command => [
  "wrk",
  "--threads=1",
  `--connections=${connections}`,
  `--duration=${seconds}s`,
  "--timeout=10s",
  `--script=${script}`,
  `http://127.0.0.1:${port}/`,
  requests,
  `${seed}`,
  expect
]

const house = (
  options: LoadOptions
): Command => [...commandOf(new URL("main.ts", import.meta.url)), JSON.stringify(options)]
