import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ensureInstalled } from "../src/index.ts"

/** A folder that is the whole `PATH`, with an apt-get that knows the package `known` and writes down what it is told. */
const onlyPath = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = mkdtempSync(join(tmpdir(), "posh-test-"))
    const program = "#!/bin/sh\n[ \"$1\" = --version ]\n"
    const aptGet = `#!/bin/sh
      echo "$@" >> ${folder}/log
      case "$*" in *" known") /bin/cp ${folder}/template ${folder}/program ;; *absent*) exit 1 ;; esac`
    writeFileSync(join(folder, "template"), program, { mode: 0o700 })
    writeFileSync(join(folder, "present"), program, { mode: 0o700 })
    writeFileSync(join(folder, "apt-get"), aptGet, { mode: 0o700 })
    const before = process.env["PATH"]
    process.env["PATH"] = folder
    return { before, folder, log: () => readFileSync(join(folder, "log"), "utf8") }
  }),
  ({ before, folder }) =>
    Effect.sync(() => {
      process.env["PATH"] = before
      rmSync(folder, { recursive: true })
    })
)

const isRoot = process.getuid?.() === 0

describe("ensureInstalled", () => {
  it.effect("leaves alone what is there", () =>
    Effect.gen(function*() {
      const path = yield* onlyPath
      ensureInstalled("present", "--version")
      assert.throws(path.log, /ENOENT/)
    }))

  it.effect("installs what is missing, as root", () =>
    Effect.gen(function*() {
      const path = yield* onlyPath
      if (!isRoot) return assert.throws(() => ensureInstalled("program", "--version", "known"), /package known/)
      ensureInstalled("program", "--version", "known")
      assert.match(path.log(), /^--version\ninstall .* known\n$/)
    }))

  it.effect("throws naming the package, after one update", () =>
    Effect.gen(function*() {
      const path = yield* onlyPath
      for (const name of ["absent", "absent-too"]) {
        assert.throws(
          () => ensureInstalled("program", "--version", name),
          `install the package ${name}: the tests need program`
        )
      }
      if (isRoot) assert.strictEqual(path.log().split("\n").filter((line) => line === "update").length, 1)
    }))
})
