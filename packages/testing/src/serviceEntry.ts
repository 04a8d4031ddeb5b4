/** What `npm start` starts. */
import { execFileSync } from "node:child_process"
import { join } from "node:path"

const root = join(import.meta.dirname, "../../..")

/** The path of the bundle if it was made of the present sources, which `npm ci` and `npm test` see to, else of the sources. */
export const serviceEntry = (): string =>
  join(root, execFileSync("sh", [join(root, "scripts/service.sh"), "--entry"], { encoding: "utf8" }).trim())
