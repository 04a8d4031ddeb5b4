/**
 * `npm run keys:new`, `keys:ls` and `keys:revoke`, as processes.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { spawnSync } from "node:child_process"
import { hash } from "node:crypto"
import { chmodSync, lstatSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { parseKeysFile } from "../../src/access/Key.ts"
import { revokeKey } from "../../src/access/keysFile.ts"
import { makeFolder } from "./world.ts"

const root = new URL("../../../../", import.meta.url)
const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(new URL("package.json", root), "utf8")
)
const npmRun = (script: "keys:new" | "keys:ls" | "keys:revoke", ...args: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync("sh", ["-c", `${manifest.scripts[script]} "$@"`, "sh", ...args], {
    cwd: root,
    encoding: "utf8"
  })
  return { status, stderr, stdout }
}

const newKey = (...args: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = npmRun("keys:new", ...args)
  const [, secret = "", entry = ""] = /^key: {3}(posh_[\w-]{43})\nentry: (\S+)\n$/.exec(stdout) ?? []
  return { status, stderr, stdout, secret, entry }
}

describe("npm run keys:new", () => {
  it("prints a key once, and its entry", () => {
    const { entry, secret, status, stderr } = newKey("ops", "admin")
    assert.deepStrictEqual([status, stderr], [0, ""])
    assert.strictEqual(entry, `ops:admin:${hash("sha256", secret)}`)
  })

  it.effect("appends the entry to a file with mode 600; refuses a duplicate name", () =>
    Effect.gen(function*() {
      const file = (yield* makeFolder)("keys")
      const first = newKey("ops", "admin", "--file", file)
      assert.strictEqual(statSync(file).mode & 0o777, 0o600)
      writeFileSync(file, `# ours\n${first.entry}`) // no line end
      const second = newKey("fleet", "verify", "--file", file)
      const again = newKey("fleet", "verify", "--file", file)

      const text = readFileSync(file, "utf8")
      assert.strictEqual(text, `# ours\n${first.entry}\n${second.entry}\n`)
      assert.notInclude(text, "posh_")
      assert.deepStrictEqual(Result.getOrThrow(parseKeysFile(text)).map(({ name }) => name), ["ops", "fleet"])
      assert.deepStrictEqual([again.status, again.stdout], [1, ""])
      assert.strictEqual(
        again.stderr,
        `keys:new: ${file}: has a key of the name fleet already; choose another name, or revoke that key first\n`
      )
    }), 90_000)

  it.effect("does not change a file that the service would refuse", () =>
    Effect.gen(function*() {
      const file = (yield* makeFolder)("keys")
      writeFileSync(file, "something else\n")
      const { status, stderr, stdout } = newKey("ops", "admin", "--file", file)
      assert.deepStrictEqual([status, stdout], [1, ""])
      assert.match(stderr, /^keys:new: \S+keys: line 1: must be name:scope:sha256.*\n$/)
      assert.strictEqual(readFileSync(file, "utf8"), "something else\n")
    }))

  it.each<readonly [string, ReadonlyArray<string>]>([
    ["nothing", []],
    ["no scope", ["ops"]],
    ["an unknown scope", ["ops", "root"]],
    ["a name with a colon", ["o:ps", "admin"]],
    ["too much", ["ops", "admin", "more"]],
    ["an unknown option", ["ops", "admin", "--flie", "x"]],
    ["a folder that is not there", ["ops", "admin", "--file", "/none/keys"]]
  ])("%s is refused in one line", (_, args) => {
    const { status, stderr, stdout } = newKey(...args)
    assert.deepStrictEqual([status, stdout], [1, ""])
    assert.match(stderr, /^keys:new: [^\n]+\n$/)
  })
})

describe("npm run keys:ls and keys:revoke", () => {
  it.effect("list and remove what keys:new has made, and nothing else", () =>
    Effect.gen(function*() {
      const path = yield* makeFolder
      const file = path("keys")
      const made = npmRun("keys:new", "ops", "admin", "--file", path("real"), "--json")
      const { entry, key, ...rest } = JSON.parse(made.stdout) as Record<"entry" | "key" | "name" | "scope", string>
      assert.deepStrictEqual(rest, { name: "ops", scope: "admin" })
      assert.strictEqual(entry, `ops:admin:${hash("sha256", key)}`)
      const other = newKey("ops.2", "verify", "--file", path("real"))
      writeFileSync(path("real"), `# ops: ours\n${entry}\n\n${other.entry}\n`)
      chmodSync(path("real"), 0o640)
      symlinkSync(path("real"), file)

      assert.strictEqual(npmRun("keys:ls", "--file", file).stdout, "admin ops\nverify ops.2\n")
      assert.deepStrictEqual(
        (JSON.parse(npmRun("keys:ls", "--file", file, "--json").stdout) as ReadonlyArray<{ name: string }>)
          .map(({ name }) => name),
        ["ops", "ops.2"]
      )

      assert.deepStrictEqual(npmRun("keys:revoke", "ops", "--file", file), { status: 0, stderr: "", stdout: "" })
      assert.strictEqual(readFileSync(path("real"), "utf8"), `# ops: ours\n\n${other.entry}\n`)
      assert.strictEqual(statSync(path("real")).mode & 0o777, 0o640)
      assert.isTrue(lstatSync(file).isSymbolicLink())

      const rows: ReadonlyArray<readonly [name: string, file: string, fault: RegExp]> = [
        ["ops", file, /^\S+: has no key of the name ops$/],
        ["ops.2", file, /^\S+: ops\.2 is its last key, and the service keeps its keys when the file has none/],
        ["ops.2", path("none"), /^cannot read .*ENOENT/]
      ]
      for (const [name, from, fault] of rows) assert.match(yield* Effect.flip(revokeKey(from, name)), fault)
      const { status, stderr, stdout } = npmRun("keys:revoke", "ops.2", "--file", file)
      assert.deepStrictEqual([status, stdout], [1, ""])
      assert.match(stderr, /^keys:revoke: [^\n]+\n$/)
      assert.include(readFileSync(file, "utf8"), other.entry)
    }), 120_000)
})
