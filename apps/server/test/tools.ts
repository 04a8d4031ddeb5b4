/**
 * System programs that tests run. What is missing is installed where that is possible, else the test fails and says so.
 */
import { spawnSync } from "node:child_process"

const runs = (program: string, ...options: ReadonlyArray<string>) =>
  spawnSync(program, options, { stdio: "ignore" }).status === 0

/** `program` is also the name of its Debian package. */
export const ensureInstalled = (program: string, option: string): void => {
  if (runs(program, option)) return
  const isRoot = process.getuid?.() === 0
  if (isRoot && runs("apt-get", "--version")) {
    if (!runs("apt-get", "install", "-y", program)) {
      runs("apt-get", "update")
      runs("apt-get", "install", "-y", program)
    }
  }
  if (!runs(program, option)) throw new Error(`install the package ${program}: the tests need it`)
}
