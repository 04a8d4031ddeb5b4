/**
 * System programs that tests run. A missing program is installed if possible; otherwise the test fails with the reason
 * and is never skipped silently.
 */
import { spawnSync } from "node:child_process"

/**
 * Throws an error that names `debianPackage` (default: the program's name) if `program` neither runs nor can be
 * installed; installing needs root and apt-get. With `versionOption` the program exits successfully at once. Blocks
 * while it installs, up to a minute: call it in a `beforeAll` with a long time-out.
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

/** Test files run concurrently, and the package system allows one process at a time. */
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
