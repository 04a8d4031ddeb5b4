/**
 * System programs that tests run. What is missing is installed where that is possible, else the test fails and says so:
 * never a silent skip.
 */
import { spawnSync } from "node:child_process"

/**
 * Throws, naming `debianPackage` (default: the program's name), where `program` neither runs nor can be installed: that
 * takes root and apt-get. `versionOption` makes the program succeed at once. Blocks while it installs, a minute perhaps:
 * call it in a `beforeAll` with time enough.
 */
export const ensureInstalled = (program: string, versionOption: string, debianPackage: string = program): void => {
  if (runs(program, versionOption)) return
  const isRoot = process.getuid?.() === 0
  if (isRoot && runs("apt-get", "--version") && !runs("apt-get", ...INSTALL, debianPackage)) {
    updateOnce()
    runs("apt-get", ...INSTALL, debianPackage)
  }
  if (!runs(program, versionOption)) throw new Error(`install the package ${debianPackage}: the tests need ${program}`)
}

/** Test files run beside each other, and the package system lets in one at a time. */
const INSTALL = ["install", "-y", "-o", "DPkg::Lock::Timeout=120"]

const lists = { updated: false }

const updateOnce = (): void => {
  if (!lists.updated) runs("apt-get", "update")
  lists.updated = true
}

const runs = (program: string, ...options: ReadonlyArray<string>): boolean =>
  spawnSync(program, options, {
    stdio: "ignore",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
  }).status === 0
