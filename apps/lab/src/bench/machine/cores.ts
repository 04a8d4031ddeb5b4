/**
 * Servers have one core, and generators another, where the machine has two and `taskset`. All servers of a comparison have the
 * same one: they are measured in turn, and those that wait use nothing.
 */
import { availableParallelism } from "node:os"
import type { Command } from "../../process.ts"
import { hasTool } from "./tools.ts"

export const cores = { server: 0, generator: 1 } as const

export const canPin = (): boolean => availableParallelism() > 1 && hasTool("taskset")

export const onCore = (core: number, command: Command): Command =>
  canPin() ? ["taskset", "--cpu-list", `${core}`, ...command] : command
