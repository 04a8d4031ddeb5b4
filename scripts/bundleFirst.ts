/** Before the tests: those that start the service start what operators start, and in a third of the time. */
import { execFileSync } from "node:child_process"
import { join } from "node:path"

export const setup = (): void => {
  execFileSync(process.execPath, [join(import.meta.dirname, "bundle.ts")], { stdio: "inherit" })
}
