/** The lock files work with any registry: they name none. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"

export const checkLockFile = (): ReadonlyArray<string> =>
  execFileSync("git", ["ls-files", "-co", "--exclude-standard", "package-lock.json", "*/package-lock.json"], {
    encoding: "utf8"
  })
    .split("\n")
    .filter((path) => path !== "" && /"resolved": "https?:/.test(readFileSync(path, "utf8")))
    .map((path) => `${path} names a registry host`)
