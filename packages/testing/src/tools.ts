/**
 * System programs that tests run. A missing program is installed if possible; otherwise the test fails with the reason
 * and is never skipped silently.
 */
import { spawnSync } from "node:child_process"
import { writeSync } from "node:fs"
import { install } from "./install.ts"

/**
 * Throws an error that names `debianPackage` (default: the program's name) if `program` neither runs nor can be
 * installed: see `ensureRuns`. With `versionOption` the program exits successfully at once.
 */
export const ensureInstalled = (program: string, versionOption: string, debianPackage: string = program): void =>
  ensureRuns(program, [program, versionOption], [debianPackage])

/**
 * Throws an error that names `debianPackages` if `command` neither succeeds nor does so once they are installed; `name` is
 * what a person calls that (a program, a library of a language). Installing needs root and apt-get, and
 * `POSH_TEST_INSTALL=false` forbids it. Blocks while it installs, up to minutes: call it in a `beforeAll` with a long
 * time-out.
 */
export const ensureRuns = (
  name: string,
  [program, ...options]: readonly [string, ...Array<string>],
  debianPackages: ReadonlyArray<string>
): void => {
  if (runs(program, ...options)) return
  const packages = `${debianPackages.length === 1 ? "package" : "packages"} ${debianPackages.join(" ")}`
  if (mayInstall()) {
    say(
      `posh: the tests need ${name}: installing the Debian ${packages}, without starting daemons ` +
        "(POSH_TEST_INSTALL=false installs nothing)"
    )
    if (!install(debianPackages)) {
      updateOnce()
      install(debianPackages)
    }
  }
  if (!runs(program, ...options)) throw new Error(`install the ${packages}: the tests need ${name}`)
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
