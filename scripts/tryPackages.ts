/**
 * Packs the built packages and uses them as a consumer would: without sources and workspace.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

// Below node_modules, so that Node.js resolves the packages and their dependencies as installed ones.
const home = join(import.meta.dirname, "..", "node_modules", ".cache", "packed")
rmSync(home, { recursive: true, force: true })

for (const name of ["core", "api"]) {
  const folder = join(home, "node_modules", "@posh", name)
  mkdirSync(folder, { recursive: true })
  const dist = join(import.meta.dirname, "..", "packages", name, "dist")
  const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", home], { cwd: dist, encoding: "utf8" })
  execFileSync("tar", ["-xzf", join(home, packed.trim()), "-C", folder, "--strip-components=1"])
}

const program = `
import { parseDomain, Verifier } from "@posh/core"
import { HttpsFetcher } from "@posh/core/node"
import { Api, makeClient } from "@posh/api"
import openApi from "@posh/api/openapi.json" with { type: "json" }
import { Result } from "effect"
const parts = [Verifier, HttpsFetcher.layer, Api, makeClient, openApi.openapi]
if (parts.some((part) => part === undefined)) throw new Error("an export is missing")
console.log(Result.getOrThrow(parseDomain("IM.Jabber.ORG.", { allowSpecialUse: false })))
`
writeFileSync(join(home, "use.mjs"), program)
const output = execFileSync(process.execPath, [join(home, "use.mjs")], { encoding: "utf8" })
if (output !== "im.jabber.org\n") throw new Error(`the packed packages answered ${output}`)
console.log("packed packages: ok")
