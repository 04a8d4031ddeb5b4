/** What is published, and what is not: packages are made in `dist`, and know their repository from the release alone. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"

const root = join(import.meta.dirname, "../../..")
const names = ["core", "api"]
const folders = [...names.map((name) => `packages/${name}`), "apps/server"]

const pack = (folder: string, ...options: ReadonlyArray<string>) =>
  spawnSync("npm", ["pack", "--dry-run", "--json", ...options], {
    cwd: join(root, folder),
    encoding: "utf8"
  })

describe.each(folders)("%s", (folder) => {
  it("is not packed from its sources", () => {
    const { status, stderr } = pack(folder)
    assert.notStrictEqual(status, 0)
    assert.include(stderr, "pack or publish dist")
  })

  it("has no sources in a package where npm runs no scripts", () => {
    const { stdout } = pack(folder, "--ignore-scripts")
    const [packed]: ReadonlyArray<{ readonly files: ReadonlyArray<{ readonly path: string }> }> = Object.values(
      JSON.parse(stdout)
    )
    assert.deepStrictEqual(packed?.files.map(({ path }) => path).toSorted(), ["README.md", "package.json"])
  })
})

describe.each(names)("packages/%s", (name) => {
  it("brings no effect of its own", () => {
    const { dependencies = {}, peerDependencies } = JSON.parse(
      readFileSync(join(root, "packages", name, "package.json"), "utf8")
    )
    assert.notProperty(dependencies, "effect")
    assert.deepStrictEqual(peerDependencies, { effect: "^4.1.0" })
  })
})

describe("scripts/release/repository.ts", () => {
  const run = (env: Readonly<Record<string, string>>) => {
    const cwd = mkdtempSync(join(tmpdir(), "posh-release-"))
    const path = (folder: string) => join(cwd, folder, "dist/package.json")
    for (const folder of folders) {
      mkdirSync(join(cwd, folder, "dist"), { recursive: true })
      writeFileSync(path(folder), `{ "name": "@posh/${basename(folder)}" }`)
    }
    const { status } = spawnSync(process.execPath, [join(root, "scripts/release/repository.ts")], { cwd, env })
    const manifests = folders.map((folder) => JSON.parse(readFileSync(path(folder), "utf8")))
    rmSync(cwd, { recursive: true })
    return { status, manifests }
  }

  it("writes where the packages come from", () => {
    const { manifests: [core] } = run({
      GITHUB_SERVER_URL: "https://git.example",
      GITHUB_REPOSITORY: "somebody/posh"
    })
    assert.deepStrictEqual(core, {
      name: "@posh/core",
      repository: { type: "git", url: "git+https://git.example/somebody/posh.git", directory: "packages/core" },
      homepage: "https://git.example/somebody/posh/tree/main/packages/core#readme",
      bugs: "https://git.example/somebody/posh/issues"
    })
  })

  it("fails where no release says it", () => {
    const { manifests, status } = run({})
    assert.notStrictEqual(status, 0)
    assert.deepStrictEqual(manifests, [{ name: "@posh/core" }, { name: "@posh/api" }, { name: "@posh/server" }])
  })
})
