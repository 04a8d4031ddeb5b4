/** The lock file works with any registry: it names none. */
import { readFileSync } from "node:fs"

export const checkLockFile = (): ReadonlyArray<string> =>
  /"resolved": "https?:/.test(readFileSync("package-lock.json", "utf8"))
    ? ["package-lock.json names a registry host"]
    : []
