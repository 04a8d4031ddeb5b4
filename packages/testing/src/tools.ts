/**
 * System programs that tests run. A missing program is installed if possible; otherwise the test fails with the reason
 * and is never skipped silently.
 */
import { spawnSync } from "node:child_process"
import { writeSync } from "node:fs"
import { install } from "./install.ts"

/**
 * Throws an error that names `debianPackage` (default: the program's name) if `program` neither runs nor can be
 * installed; installing needs root and apt-get, and `POSH_TEST_INSTALL=false` forbids it. With `versionOption` the program
 * exits successfully at once. Blocks while it installs, up to a minute: call it in a `beforeAll` with a long time-out.
 */
export const ensureInstalled = (program: string, versionOption: string, debianPackage: string = program): void => {
  if (runs(program, versionOption)) return
  if (mayInstall()) {
    say(
      `posh: the tests need ${program}: installing the Debian package ${debianPackage}, without starting its daemons ` +
        "(POSH_TEST_INSTALL=false installs nothing)"
    )
    if (!install(debianPackage)) {
      updateOnce()
      install(debianPackage)
    }
  }
  if (!runs(program, versionOption)) throw new Error(`install the package ${debianPackage}: the tests need ${program}`)
}

const mayInstall = (): boolean =>
  process.env["POSH_TEST_INSTALL"] !== "false" && process.getuid?.() === 0 && runs("apt-get", "--version")

/** At once and past the reporter of the tests: installing blocks this thread. */
const say = (line: string): void => void writeSync(2, `${line}\n`)

const lists = { updated: false }

const updateOnce = (): void => {
  if (!lists.updated) runs("apt-get", "update")
  lists.updated = true
}

const runs = (program: string, ...options: ReadonlyArray<string>): boolean =>
  spawnSync(program, options, { stdio: "ignore" }).status === 0
