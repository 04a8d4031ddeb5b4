/**
 * Servers have one core, and generators another, where the machine has two and `taskset`. All servers of a comparison have the
 * same one: they are measured in turn, and those that wait use nothing.
 */
import { availableParallelism } from "node:os"
import type { Command } from "../../process.ts"
import { hasTool } from "./tools.ts"

export const cores = { server: 0, generator: 1 } as const

let isPinned = true

/** From now on servers and generators run on any core, as tests want it, which measure nothing. */
export const leaveCores = (): void => {
  isPinned = false
}

export const canPin = (): boolean => isPinned && availableParallelism() > 1 && hasTool("taskset")

export const onCore = (core: number, command: Command): Command =>
  canPin() ? ["taskset", "--cpu-list", `${core}`, ...command] : command
