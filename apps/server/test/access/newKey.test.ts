/**
 * `npm run keys:new`, as a process.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { spawnSync } from "node:child_process"
import { hash } from "node:crypto"
import { readFileSync, statSync, writeFileSync } from "node:fs"
import { parseKeysFile } from "../../src/access/Key.ts"
import { makeFolder } from "./world.ts"

const root = new URL("../../../../", import.meta.url)
const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(new URL("package.json", root), "utf8")
)
const script = manifest.scripts["keys:new"] ?? ""

const newKey = (...args: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync("sh", ["-c", `${script} "$@"`, "sh", ...args], {
    cwd: root,
    encoding: "utf8"
  })
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
      assert.strictEqual(again.stderr, `keys:new: ${file}: the name fleet is there twice\n`)
    }))

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
