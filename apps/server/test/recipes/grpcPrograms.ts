/** The programs of docs/guides/clients/grpc.md, generated and built by the commands of that page. */
import { type Command, commandsOf } from "@posh/testing"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { goCache } from "../grpc/foreign/goCache.ts"

const root = fileURLToPath(new URL("../../../../", import.meta.url))

const commands: ReadonlyArray<Command> = commandsOf("docs/guides/clients/grpc.md")

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A folder that looks like the root of the repository, into which the commands write. */
export const makeCheckout = (): { readonly folder: string; readonly remove: () => void } => {
  const folder = mkdtempSync(join(tmpdir(), "posh-recipes-"))
  for (const name of ["docs", "node_modules", "packages"]) symlinkSync(join(root, name), join(folder, name))
  return { folder, remove: () => rmSync(folder, { recursive: true }) }
}

/** Runs a command of the page as an operator types it. */
export const runIn = (folder: string, script: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  new Promise((resolve) => {
    const { HOME = folder, PATH = "" } = process.env
    const child = spawn("sh", ["-eu", "-c", script], {
      cwd: folder,
      env: { HOME, PATH, GOCACHE: goCache, ...env },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let [stdout, stderr] = ["", ""]
    child.stdout.on("data", (text) => stdout += String(text))
    child.stderr.on("data", (text) => stderr += String(text))
    child.on("close", (status) => resolve({ status, stdout, stderr }))
  })

/** Whom a program connects to, and whom it asks. */
export interface Places {
  readonly peerPort: number
  readonly verifier: string
}

/** The command with other places. */
export const at = (script: string, { peerPort, verifier }: Places): string =>
  script.replace("xmpp.hosting.example 5270", `127.0.0.1 ${peerPort}`).replace("127.0.0.1:8081", verifier)

const isRun = ({ script }: Command) => script.includes("xmpp.hosting.example")
const isBuild = ({ script }: Command) => /^\S*protoc /m.test(script)

/** Language → how its program is run. Generated and built before it is there. */
export const buildPrograms = async (folder: string): Promise<ReadonlyMap<string, string>> => {
  for (const { script } of commands.filter(isBuild)) {
    const { status, stderr } = await runIn(folder, script)
    if (status !== 0) throw new Error(`${script}\n${stderr}`)
  }
  return new Map(commands.filter(isRun).map(({ script }) => [languageOf(script), script]))
}

const languageOf = (script: string): string => {
  if (script.includes("python")) return "Python"
  return script.startsWith("ruby") ? "Ruby" : "Go"
}
