/** CPU time of a process and its descendants. Linux only. */
import { readFileSync } from "node:fs"
import { cpuSecondsOf } from "../../process.ts"

export const cpuSecondsOfTree = (pid: number): number =>
  childrenOf(pid).reduce((sum, child) => sum + cpuSecondsOfTree(child), cpuSecondsOf(pid))

// proc(5): a child may have been forked by any thread, which for Node.js is the first.
const childrenOf = (pid: number): ReadonlyArray<number> =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter((text) => text !== "").map(Number)
