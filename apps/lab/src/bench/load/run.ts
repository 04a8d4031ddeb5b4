/**
 * Runs a generator in a process of its own, on another core than the servers: `wrk` where it is installed, else the one of
 * the house.
 */
import { fileURLToPath } from "node:url"
import { type Command, commandOf } from "../../process.ts"
import { cores, onCore } from "../cores.ts"
import { outputOf } from "../outputOf.ts"
import { hasTool } from "../tools.ts"
import type { LoadOptions, LoadResult } from "./Load.ts"

export const load = async (options: LoadOptions): Promise<LoadResult> => {
  const command = hasTool("wrk") ? wrk(options) : house(options)
  const lines = (await outputOf(onCore(cores.generator, command))).trimEnd().split("\n")
  const result: LoadResult = JSON.parse(lines.at(-1) ?? "")
  if (result.answers === 0) throw new Error("no answer at all")
  return result
}

/** For the page. */
export const generatorName = (): string => hasTool("wrk") ? "wrk" : "the generator of the house"

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
): Command => [...commandOf(new URL("generate.ts", import.meta.url)), JSON.stringify(options)]
