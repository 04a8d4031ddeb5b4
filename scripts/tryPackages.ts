/**
 * Packs the built packages and uses them as a consumer would: without sources and workspace.
 */
import { execFileSync, spawn } from "node:child_process"
import { chmodSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

// Below node_modules, so that Node.js resolves the packages and their dependencies as installed ones.
const home = join(import.meta.dirname, "..", "node_modules", ".cache", "packed")
rmSync(home, { recursive: true, force: true })

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const unpack = (from: string): string => {
  const name = basename(from)
  const folder = join(home, "node_modules", "@posh", name)
  mkdirSync(folder, { recursive: true })
  const dist = join(import.meta.dirname, "..", from, "dist")
  const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", home], { cwd: dist, encoding: "utf8" })
  execFileSync("tar", ["-xzf", join(home, packed.trim()), "-C", folder, "--strip-components=1"])
  return folder
}

/** What is wrong with an unpacked package, where that does not show when it is used. */
const faultsOf = (folder: string): ReadonlyArray<string> => {
  const { dependencies, exports, name, peerDependencies }: Manifest = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8")
  )
  const targets = Object.values(exports).flatMap((target) =>
    typeof target === "string" ? [target] : Object.values(target)
  )
  const missing = ["README.md", "LICENSE", ...targets].filter((path) => !existsSync(join(folder, path)))
  // Sources stay behind, so that a map would point nowhere.
  const foreign = globSync("**/*.{map,ts}", { cwd: folder }).filter((path) => !path.endsWith(".d.ts"))
  return [
    ...missing.map((path) => `${name} has no ${path}`),
    ...foreign.map((path) => `${name} has ${path}`),
    // A copy of its own would have types that do not fit those of the program.
    ...("effect" in (dependencies ?? {}) || peerDependencies?.["effect"] === undefined
      ? [`${name} does not take effect from the program`]
      : [])
  ]
}

/** Declarations below `entry` that need `effect`: a program without it must compile. */
const effectTypesBelow = (entry: string, seen = new Set<string>()): ReadonlyArray<string> => {
  if (seen.has(entry)) return []
  seen.add(entry)
  const specifiers = [...readFileSync(entry, "utf8").matchAll(/\bfrom\s+"([^"]+)"|\bimport\("([^"]+)"\)/g)].map(
    ([, a, b]) => a ?? b ?? ""
  )
  return [
    ...specifiers.filter((name) => name === "effect" || name.startsWith("effect/")).map((name) =>
      `${entry} needs ${name}`
    ),
    ...specifiers.filter((name) => name.startsWith(".")).flatMap((name) =>
      effectTypesBelow(join(entry, "..", name.replace(/\.[jt]s$/, ".d.ts")), seen)
    )
  ]
}

const unpacked = ["packages/core", "packages/api"].map(unpack)
const faults = [
  ...unpacked.flatMap(faultsOf),
  ...["index", "node/index"].flatMap((entry) =>
    effectTypesBelow(join(home, "node_modules/@posh/api/client", `${entry}.d.ts`))
  )
]
if (faults.length > 0) throw new Error(faults.join("\n"))

const program = `
import { parseDomain, Verifier } from "@posh/core"
import { makeTieredStore } from "@posh/core/cache"
import { HttpsFetcher } from "@posh/core/node"
import { lintDocument } from "@posh/core/publish"
import { registeredServices } from "@posh/core/question"
import { CallerBudget } from "@posh/core/serving"
import core from "@posh/core/package.json" with { type: "json" }
import { Api, makeClient } from "@posh/api"
import { createClient } from "@posh/api/client"
import { makeVerifyClient } from "@posh/api/client/effect"
import { secureConnect } from "@posh/api/client/node"
import openApi from "@posh/api/openapi.json" with { type: "json" }
import { Result } from "effect"
const parts = [
  Verifier, makeTieredStore, HttpsFetcher.layer, lintDocument, registeredServices, CallerBudget, core.version, Api,
  makeClient, createClient({ endpoints: ["https://posh.example"] }).verify, makeVerifyClient, secureConnect, openApi.openapi
]
if (parts.some((part) => part === undefined)) throw new Error("an export is missing")
console.log(Result.getOrThrow(parseDomain("IM.Jabber.ORG.", { allowSpecialUse: false })))
`
writeFileSync(join(home, "use.mjs"), program)
const output = execFileSync(process.execPath, [join(home, "use.mjs")], { encoding: "utf8" })
if (output !== "im.jabber.org\n") throw new Error(`the packed packages answered ${output}`)

// The service, as npm links its command.
const server = unpack("apps/server")
const { bin, name }: { readonly bin: Readonly<Record<string, string>>; readonly name: string } = JSON.parse(
  readFileSync(join(server, "package.json"), "utf8")
)
for (const [command, path] of Object.entries(bin)) {
  mkdirSync(join(home, "node_modules", ".bin"))
  chmodSync(join(server, path), 0o755)
  symlinkSync(join("..", name, path), join(home, "node_modules", ".bin", command))
}
writeFileSync(join(home, "package.json"), "{}")
const npx = (...args: ReadonlyArray<string>) =>
  execFileSync("npx", ["--no-install", "posh-server", ...args], { cwd: home, encoding: "utf8" })
if (npx("--check-config") !== "OK\n") throw new Error("the packed service does not check its configuration")
// Itself, as a supervisor starts it: npx would keep the signal to its shell.
const service = spawn(join(home, "node_modules/.bin/posh-server"), {
  env: { ...process.env, POSH_PORT: "0", POSH_GRPC_PORT: "off" }
})
const log = { text: "" }
for (const stream of [service.stdout, service.stderr]) stream.on("data", (chunk) => log.text += String(chunk))
const until = async (found: () => boolean, what: string): Promise<void> => {
  for (let turn = 0; turn < 300 && !found(); turn += 1) await sleep(100)
  if (!found()) throw new Error(`the packed service ${what}: ${log.text}`)
}
try {
  await until(() => log.text.includes("listening on"), "does not listen")
  service.kill("SIGTERM")
  await until(() => log.text.includes("stopped after"), "does not stop in order")
} finally {
  service.kill("SIGKILL")
}
console.log("packed packages: ok")
