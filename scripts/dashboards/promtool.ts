/** Runs promtool and returns its errors. */
import { spawnSync } from "node:child_process"

export const runPromtool = (...args: ReadonlyArray<string>): ReadonlyArray<string> => {
  const { error, status, stderr, stdout } = spawnSync("promtool", args, { encoding: "utf8" })
  if (error !== undefined) return [`promtool: ${error.message}`]
  return status === 0 ? [] : [`promtool ${args.join(" ")}:\n${stdout}${stderr}`]
}
