/** `scripts/service.sh`: the bundle runs only if it was made of exactly the sources that are there. */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

const bundle = "apps/server/bundle/main.js"
const sources = "apps/server/src/main.ts"

type Change = (path: (name: string) => string) => void

const rows: ReadonlyArray<readonly [what: string, change: Change, runs: string]> = [
  ["nothing has changed", () => {}, bundle],
  ["there is no bundle", (path) => rmSync(path("apps/server/bundle"), { recursive: true }), sources],
  ["a bundle does not say what it was made of", (path) => rmSync(path("apps/server/bundle/sources")), sources],
  ["a source is only younger", (path) => utimesSync(path("packages/core/src/index.ts"), 4e9, 4e9), bundle],
  ["a source has changed, and kept its size and time", (path) => {
    const file = path("packages/core/src/index.ts")
    const { atime, mtime } = statSync(file)
    writeFileSync(file, "export const b = 1\n")
    utimesSync(file, atime, mtime)
  }, sources],
  ["a source is new", (path) => writeFileSync(path("packages/api/src/new.ts"), ""), sources],
  ["a source is gone", (path) => rmSync(path("packages/api/src/index.ts")), sources],
  [
    "a source has another name",
    (path) => renameSync(path("packages/api/src/index.ts"), path("packages/api/src/main.ts")),
    sources
  ],
  ["the health check has changed", (path) => writeFileSync(path("docker/health.ts"), "other"), sources],
  ["a manifest has changed", (path) => writeFileSync(path("packages/core/package.json"), "{}\n"), sources],
  ["other versions are locked", (path) => writeFileSync(path("package-lock.json"), "{ }\n"), sources],
  ["a test has changed", (path) => writeFileSync(path("packages/core/test.ts"), "other"), bundle]
]

const files = [
  "apps/server/package.json",
  "apps/server/src/main.ts",
  "docker/health.ts",
  "package-lock.json",
  "packages/api/package.json",
  "packages/api/src/index.ts",
  "packages/core/package.json",
  "packages/core/src/index.ts",
  "scripts/bundle.ts"
]

/** A checkout in a folder with a space, and a shell that is somewhere else. */
const chosen = (change: Change): string => {
  const root = mkdtempSync(join(tmpdir(), "posh service-"))
  try {
    const path = (name: string) => join(root, name)
    for (const file of [...files, bundle]) {
      mkdirSync(dirname(path(file)), { recursive: true })
      writeFileSync(path(file), "export const a = 1\n")
    }
    copyFileSync(join(import.meta.dirname, "../service.sh"), path("scripts/service.sh"))
    const ask = (option: string) =>
      execFileSync("sh", [path("scripts/service.sh"), option], { cwd: tmpdir(), encoding: "utf8" })
    writeFileSync(path("apps/server/bundle/sources"), ask("--sources"))
    change(path)
    return ask("--entry").trim()
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

describe("npm start", () => {
  it.each(rows)("where %s", (_, change, runs) => {
    assert.strictEqual(chosen(change), runs)
  })

  it("has a bundle that whoever may read the sources may read", () => {
    const modeOf = (name: string) => statSync(join(import.meta.dirname, "../..", name)).mode & 0o777
    for (const folder of ["apps/server/bundle", "apps/server/bundle/parts"]) {
      assert.strictEqual(modeOf(folder), modeOf("apps/server/src"), folder)
    }
    for (const file of [bundle, "apps/server/bundle/sources"]) assert.strictEqual(modeOf(file), modeOf(sources), file)
  })

  it("runs what the tests have bundled", () => {
    const script = join(import.meta.dirname, "../service.sh")
    assert.strictEqual(execFileSync("sh", [script, "--entry"], { encoding: "utf8" }).trim(), bundle)
  })
})
