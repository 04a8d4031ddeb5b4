/**
 * Packs the built packages and uses them as a consumer would: without sources and workspace.
 */
import { execFileSync } from "node:child_process"
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

// Below node_modules, so that Node.js resolves the packages and their dependencies as installed ones.
const home = join(import.meta.dirname, "..", "node_modules", ".cache", "packed")
rmSync(home, { recursive: true, force: true })

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const unpack = (name: string): string => {
  const folder = join(home, "node_modules", "@posh", name)
  mkdirSync(folder, { recursive: true })
  const dist = join(import.meta.dirname, "..", "packages", name, "dist")
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

const faults = ["core", "api"].map(unpack).flatMap(faultsOf)
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
import openApi from "@posh/api/openapi.json" with { type: "json" }
import { Result } from "effect"
const parts = [
  Verifier, makeTieredStore, HttpsFetcher.layer, lintDocument, registeredServices, CallerBudget, core.version, Api,
  makeClient, openApi.openapi
]
if (parts.some((part) => part === undefined)) throw new Error("an export is missing")
console.log(Result.getOrThrow(parseDomain("IM.Jabber.ORG.", { allowSpecialUse: false })))
`
writeFileSync(join(home, "use.mjs"), program)
const output = execFileSync(process.execPath, [join(home, "use.mjs")], { encoding: "utf8" })
if (output !== "im.jabber.org\n") throw new Error(`the packed packages answered ${output}`)
console.log("packed packages: ok")
