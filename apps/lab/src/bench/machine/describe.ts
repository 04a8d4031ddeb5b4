/** The machine of a measurement in one sentence. */
import { execFileSync } from "node:child_process"
import { availableParallelism, cpus, totalmem } from "node:os"
import type { Effort } from "../Effort.ts"
import { canPin } from "./cores.ts"
import { hasTool } from "./tools.ts"

export const describeMachine = ({ connections, rounds, seconds }: Effort): string =>
  [
    `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? "an unknown processor"}`,
    `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    `Node.js ${process.version.slice(1)}`,
    ...(hasTool("go") ? [goVersion()] : []),
    `load from ${hasTool("wrk") ? "wrk" : "the generator of the house"}`,
    `${connections} connections`,
    `${rounds} rounds of ${seconds} s`,
    ...(canPin() ? [] : ["servers and generator not bound to cores"])
  ].join(", ")

const goVersion = (): string => {
  const [, version = "unknown"] = /go(\d[\d.]*)/.exec(execFileSync("go", ["version"], { encoding: "utf8" })) ?? []
  return `Go ${version}`
}
