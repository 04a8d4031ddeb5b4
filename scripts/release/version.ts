/**
 * `npm run release:version`: raises the version of all packages by their changesets, wherever it stands, and adds a section
 * to `CHANGELOG.md`. Changesets writes the changelogs of the packages, and takes the changesets away.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buf } from "../generated/protobuf.ts"
import { type Plan, versionOf, withSection } from "./changelog.ts"
import { setVersion } from "./places.ts"

const root = join(import.meta.dirname, "../..")
const run = (program: string, ...options: ReadonlyArray<string>): void => {
  execFileSync(program, options, { cwd: root, stdio: "inherit" })
}

const readPlan = (): Plan => {
  const folder = mkdtempSync(join(tmpdir(), "posh-release-"))
  try {
    run("npx", "changeset", "status", `--output=${join(folder, "plan.json")}`)
    return JSON.parse(readFileSync(join(folder, "plan.json"), "utf8"))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const plan = readPlan()
const { version: current }: { readonly version: string } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const changelog = join(root, "CHANGELOG.md")
setVersion(root, current, versionOf(plan))
writeFileSync(changelog, withSection(readFileSync(changelog, "utf8"), plan))
run("npx", "changeset", "version")
run("npm", "install", "--package-lock-only", "--ignore-scripts")
run("npm", "run", "--silent", "generate")
buf("build", "--path", "posh", "--exclude-source-info", "--output", "baseline.binpb")
