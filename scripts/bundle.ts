/**
 * Makes `apps/server/bundle` of the sources of the service and of what they import: some 40 files in place of 1,000, without
 * types, so that it starts in a third of the time (`docs/decisions/start.md`). `npm ci` runs it. `scripts/service.sh` starts
 * what it made, as long as no source has changed since.
 */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import http from "node:http"
import { join } from "node:path"
import type { Plugin, rolldown as Rolldown } from "rolldown"

const root = join(import.meta.dirname, "..")
const target = join(root, "apps/server/bundle")
const service = join(root, "scripts/service.sh")
const ask = (option: string) => execFileSync("sh", [service, option], { encoding: "utf8" })

/**
 * `import` of `node:http` reads all that the module exports, and two of those are made when they are read: they load the whole
 * HTTP client of Node.js, which nobody uses here. That takes 50 ms, a tenth of the start.
 */
const httpWithoutClient: Plugin = {
  name: "http-without-client",
  resolveId: (source, _importer, { kind }) =>
    source === "node:http" && kind === "import-statement" ? `\0${source}` : undefined,
  load: (id) => id === "\0node:http" ? reexport("node:http", http) : undefined
}

/** The source of a module that exports what a builtin does, but what is made when it is read. */
const reexport = (name: string, builtin: object): string => {
  const made = Object.entries(Object.getOwnPropertyDescriptors(builtin)).filter(([, { get }]) => get === undefined)
  return [
    `const builtin = process.getBuiltinModule(${JSON.stringify(name)})`,
    "export default builtin",
    `export const { ${made.map(([key]) => key).join(", ")} } = builtin`
  ].join("\n")
}

const make = async (rolldown: typeof Rolldown): Promise<void> => {
  const sources = ask("--sources")
  // Beside its place, until it is whole: a service may start meanwhile. As readable as the sources, and no temporary folder, which
  // would be ours alone: the service may run as another user.
  const folder = `${target}.${process.pid}`
  const old = `${folder}.old`
  try {
    mkdirSync(folder)
    const bundle = await rolldown({
      input: {
        main: join(root, "apps/server/src/main.ts"),
        worker: join(root, "apps/server/src/worker.ts"),
        health: join(root, "docker/health.ts")
      },
      platform: "node",
      plugins: [httpWithoutClient]
    })
    // Parts are one folder below the entries, as sources are: they name `worker` relative to their own place.
    await bundle.write({ dir: folder, sourcemap: true, chunkFileNames: "parts/[name]-[hash].js" })
    await bundle.close()
    writeFileSync(join(folder, "sources"), sources)
    if (existsSync(target)) renameSync(target, old)
    renameSync(folder, target)
  } finally {
    for (const left of [folder, old]) rmSync(left, { recursive: true, force: true })
  }
}

if (ask("--entry").trim().endsWith(".ts")) {
  const { rolldown } = await import("rolldown").catch(() => ({ rolldown: undefined }))
  if (rolldown !== undefined) await make(rolldown)
  else console.error("posh: no bundle without Rolldown, a development dependency: the sources run")
}
