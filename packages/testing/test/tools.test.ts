import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ensureInstalled, ensureRuns } from "../src/index.ts"
import { install } from "../src/install.ts"

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

/** The same in a process of its own, whose standard error can be read. */
const inProcess = (call: string, env: Readonly<Record<string, string>> = {}) => {
  const tools = join(import.meta.dirname, "../src/tools.ts")
  return Effect.runSync(Effect.scoped(Effect.map(onlyPath, ({ folder }) => {
    const program = `import { ensureInstalled } from ${JSON.stringify(tools)}; ${call}`
    const { status, stderr } = spawnSync(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", program],
      { encoding: "utf8", env: { PATH: folder, ...env } }
    )
    const file = join(folder, "log")
    return { status, stderr, log: existsSync(file) ? readFileSync(file, "utf8") : "" }
  })))
}

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

  it.effect("installs several packages for one command at once", () =>
    Effect.gen(function*() {
      const path = yield* onlyPath
      if (!isRoot) return
      ensureRuns("the program", ["program", "--version"], ["other", "known"])
      assert.match(path.log(), /^--version\ninstall .* other known\n$/)
    }))

  it("says first, in one line, what it installs and why", () => {
    if (!isRoot) return
    const { status, stderr } = inProcess("ensureInstalled('program', '--version', 'known')")
    assert.strictEqual(status, 0)
    assert.match(stderr, /^posh: the tests need program: installing the Debian package known, [^\n]*\n$/)
  })

  it("installs nothing where it may not, and names what is missing", () => {
    const { log, status, stderr } = inProcess("ensureInstalled('program', '--version', 'known')", {
      POSH_TEST_INSTALL: "false"
    })
    assert.strictEqual(status, 1)
    assert.include(stderr, "install the package known: the tests need program")
    assert.notInclude(stderr, "installing")
    assert.strictEqual(log, "")
  })

  it.effect("throws naming the package, after one update", () =>
    Effect.gen(function*() {
      const path = yield* onlyPath
      for (const name of ["absent", "absent-too"]) {
        assert.throws(
          () => ensureInstalled("program", "--version", name),
          `install the package ${name}: the tests need program`
        )
      }
      assert.throws(
        () => ensureRuns("a library", ["absent", "--version"], ["absent", "absent-too"]),
        "install the packages absent absent-too: the tests need a library"
      )
      if (isRoot) assert.strictEqual(path.log().split("\n").filter((line) => line === "update").length, 1)
    }))
})

describe("what is installed", () => {
  const rows: ReadonlyArray<readonly [name: string, before: string | undefined, during: string, after: string]> = [
    ["starts no daemon, and leaves no policy behind", undefined, "101", "gone"],
    ["takes over what an earlier run has left", "#!/bin/sh\n# posh tests: no daemons\nexit 0\n", "101", "gone"],
    ["leaves the policy of the machine alone", "#!/bin/sh\nexit 42\n", "42", "42"]
  ]
  it.effect.each(rows)("%s", ([, before, during, after]) =>
    Effect.gen(function*() {
      const { folder } = yield* onlyPath
      const policy = join(folder, "policy-rc.d")
      if (before !== undefined) {
        writeFileSync(policy, before)
        chmodSync(policy, 0o755)
      }
      const ask = `#!/bin/sh\n${policy} program start; echo $? > ${folder}/asked\n`
      writeFileSync(join(folder, "apt-get"), ask, { mode: 0o700 })
      assert.isTrue(install(["known"], policy))
      assert.strictEqual(readFileSync(join(folder, "asked"), "utf8").trim(), during)
      const left = existsSync(policy) ? String(spawnSync(policy).status) : "gone"
      assert.strictEqual(left, after)
    }))
})
