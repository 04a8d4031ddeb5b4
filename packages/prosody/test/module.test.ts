/**
 * The Prosody module in the small: its files as every Lua that Prosody runs on reads them, and tables of cases in Lua with
 * Prosody's own libraries. With real Prosody servers it is tested in apps/server/test/prosody.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { ensureInstalled, ensureRuns } from "@posh/testing"
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const name = "mod_s2s_auth_posh_verifier"
const files = readdirSync(`${root}/${name}`).map((file) => `${name}/${file}`).toSorted()
const rockspec = `${name}-scm-1.rockspec`
const compilers = ["5.2", "5.3", "5.4"]

const run = (program: string, ...options: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync(program, options, { cwd: root, encoding: "utf8" })
  return { status, text: `${stdout}${stderr}` }
}

beforeAll(() => {
  for (const version of compilers) ensureInstalled(`luac${version}`, "-v", `lua${version}`)
  ensureInstalled("luacheck", "--version", "lua-check")
  ensureInstalled("luarocks", "--version")
  ensureRuns("Prosody", ["test", "-e", "/usr/lib/prosody/util/async.lua"], ["prosody"])
})

describe("its files", () => {
  it.each(compilers)("are Lua %s", (version) => {
    // One at a time: luac 5.4.4 frees twice what it reads of several.
    for (const file of files) assert.deepStrictEqual(run(`luac${version}`, "-p", file), { status: 0, text: "" })
  })

  it("pass luacheck", () => {
    const { status, text } = run("luacheck", "--no-color", name, "test/lua")
    assert.strictEqual(status, 0, text)
  })

  it("are all in the rockspec, which is well formed", () => {
    const listed = [...readFileSync(`${root}/${rockspec}`, "utf8").matchAll(/\["([\w.]+)"\] = "([^"]+)"/g)]
    assert.deepStrictEqual(listed.map(([, , file]) => file), files)
    assert.deepStrictEqual(
      listed.map(([, module]) => module),
      files.map((file) => file.replace(/(\.lib)?\.lua$/, "").replace("/", "."))
    )
    const { status, text } = run("luarocks", "lint", rockspec)
    assert.strictEqual(status, 0, text)
  })
})

describe("its cases", () => {
  const cases = readdirSync(`${root}/test/lua`).filter((file) => !/harness|standins|streams/.test(file))
  const rows = compilers.flatMap((version) => cases.map((file) => ({ version, file, prosody: "0.12" })))

  const ofModule = ["decisions.lua", "checks.lua", "changes.lua"]
  const named = ofModule.map((file) => ({ version: "5.4", file, prosody: "13" }))

  it.each([...rows, ...named])(
    "$file, Lua $version, libraries as Prosody $prosody names them",
    ({ file, prosody, version }) => {
      const { status, text } = run(`lua${version}`, "test/lua/harness.lua", name, `test/lua/${file}`, prosody)
      assert.match(text, /^\d+ cases, 0 failures\n$/)
      assert.strictEqual(status, 0, text)
    }
  )
})
