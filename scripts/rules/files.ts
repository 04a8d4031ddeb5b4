/** The TypeScript files that git knows or would take, with their text; without those that `buf` makes. */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"

export interface SourceFile {
  readonly path: string
  readonly text: string
}

export const sourceFiles = (pattern: RegExp): ReadonlyArray<SourceFile> =>
  execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { encoding: "utf8" })
    .split("\n")
    .filter((path) => pattern.test(path) && !path.includes("/src/grpc/generated/") && existsSync(path))
    .map((path) => ({ path, text: readFileSync(path, "utf8") }))
