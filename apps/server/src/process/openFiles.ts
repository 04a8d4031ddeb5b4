/**
 * Open files of this process, as Linux tells them.
 */
import { Result } from "effect"
import { readdirSync, readFileSync, statSync } from "node:fs"

const folder = "/proc/self/fd"

/** 0 on systems without `/proc`. */
export const openFiles = (): number => {
  const folderStats = statSync(folder, { throwIfNoEntry: false })
  if (folderStats === undefined) return 0
  // Its size is the count since Linux 6.2; before, each file has to be listed.
  return folderStats.size > 0
    ? folderStats.size
    : Result.getOrElse(Result.try(() => readdirSync(folder).length), () => 0)
}

/** The soft limit; `undefined` where the system does not tell. */
export const openFileLimit = (): number | undefined => {
  const limits = Result.getOrElse(Result.try(() => readFileSync("/proc/self/limits", "utf8")), () => "")
  const soft = /^Max open files +(\d+)/m.exec(limits)?.[1]
  return soft === undefined ? undefined : Number(soft)
}
