/** Programs that a machine may have or not. Nothing is installed for a measurement. */
import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"

export type Tool = "wrk" | "go" | "taskset"

export const hasTool = (tool: Tool): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
