/**
 * The demo as a process, in a temporary folder of its own.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, FileSystem, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../../../", import.meta.url))

/** The command behind `npm run demo`. */
const manifest: { readonly scripts: { readonly demo: string } } = JSON.parse(
  readFileSync(new URL("../../../../package.json", import.meta.url), "utf8")
)

/** Starts `npm run demo -- <options>`; whatever it leaves behind in `temporary` is a fault. */
export const startDemo = Effect.fnUntraced(function*(options: ReadonlyArray<string> = [], temporary?: string) {
  const files = yield* FileSystem.FileSystem
  const folder = temporary ?? (yield* files.makeTempDirectoryScoped({ prefix: "posh-test-" }))
  const child = yield* ChildProcess.make("sh", ["-c", [manifest.scripts.demo, ...options].join(" ")], {
    cwd: root,
    env: { TMPDIR: folder, POSH_PORT: "not a port" }, // settings of the caller are none of the demo's
    extendEnv: true,
    stdin: "ignore",
    forceKillAfter: "10 seconds"
  })
  const linesOf = (output: typeof child.stdout) => output.pipe(Stream.decodeText(), Stream.splitLines)
  return { child, folder, stdout: linesOf(child.stdout), stderr: linesOf(child.stderr) }
})

/** Starts `npm run demo -- --keep`, and waits for what it prints at the end. */
export const startKeptDemo = Effect.gen(function*() {
  const demo = yield* startDemo(["--keep"])
  const lines = yield* demo.stdout.pipe(
    Stream.takeUntil((line) => line.includes("/openapi.json")),
    Stream.runCollect
  )
  const exported = (name: string): string => {
    const line = lines.find((text) => text.startsWith(`  export ${name}=`))
    if (line === undefined) throw new Error(`the demo printed no ${name}`)
    return line.slice(line.indexOf("=") + 1)
  }
  const commands = lines.slice(lines.findIndex((line) => line.startsWith("  export ")))
  return { ...demo, posh: exported("POSH"), certs: exported("CERTS"), commands: commands.join("\n") }
})

export const layerNode = NodeServices.layer
