/**
 * Foreign clients: programs in other languages, with code that these languages' own tools generate, that do what lines of JSON say.
 */
import { Context, Effect, Layer } from "effect"
import { execFile } from "node:child_process"
import { readdirSync } from "node:fs"
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { goCache } from "./goCache.ts"
import { ensureGoGrpc, ensurePythonGrpc } from "./toolchains.ts"

const proto = fileURLToPath(new URL("../../../../../packages/api/proto/", import.meta.url))
const here = import.meta.dirname

export const languages = ["Python", "Go"] as const
export type Language = typeof languages[number]

/** The command of each program. */
export class Drivers extends Context.Service<Drivers, Readonly<Record<Language, ReadonlyArray<string>>>>()(
  "posh/server/test/grpc/foreign/Drivers"
) {
  /** Generated and built into a folder that lasts as long as the layer. */
  static readonly layer = Layer.effect(
    Drivers,
    Effect.gen(function*() {
      yield* Effect.sync(ensurePythonGrpc)
      yield* Effect.sync(ensureGoGrpc)
      const folder = yield* Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "posh-foreign-"))),
        (made) => Effect.promise(() => rm(made, { recursive: true }))
      )
      return Drivers.of(yield* Effect.all({ Python: buildPython(folder), Go: buildGo(folder) }, { concurrency: 2 }))
    })
  )
}

const run = (program: string, args: ReadonlyArray<string>, options: object = {}) =>
  Effect.promise(() => promisify(execFile)(program, [...args], { cwd: proto, ...options }))

const filesOf = (...packages: ReadonlyArray<string>) =>
  packages.flatMap((name) =>
    readdirSync(join(proto, name)).filter((file) => file.endsWith(".proto")).map((file) => `${name}/${file}`)
  )

const buildPython = (folder: string) =>
  Effect.gen(function*() {
    const out = join(folder, "python")
    yield* Effect.promise(() => mkdir(out))
    yield* run("protoc", [
      `--python_out=${out}`,
      `--grpc_out=${out}`,
      "--plugin=protoc-gen-grpc=/usr/bin/grpc_python_plugin",
      ...filesOf("posh/v1", "google/rpc", "grpc/health/v1", "grpc/reflection/v1", "grpc/reflection/v1alpha")
    ])
    return [
      "/usr/bin/env",
      `PYTHONPATH=${out}`,
      "GRPC_VERBOSITY=NONE",
      "/usr/bin/python3",
      "-B",
      join(here, "python/driver.py"),
      out
    ]
  })

const buildGo = (folder: string) =>
  Effect.gen(function*() {
    const [goPath, program] = [join(folder, "go"), join(folder, "driver")]
    const files = filesOf("posh/v1")
    const out = `${files.map((file) => `M${file}=posh/v1;poshv1`).join(",")}:${join(goPath, "src")}`
    yield* Effect.promise(() => mkdir(join(goPath, "src"), { recursive: true }))
    yield* run("protoc", [`--go_out=${out}`, `--go-grpc_out=${out}`, ...files])
    const sources = readdirSync(join(here, "go")).map((file) => join(here, "go", file))
    // Two that compile the same at once would both take the time of one.
    yield* run("flock", [`${goCache}.lock`, "go", "build", "-o", program, ...sources], {
      env: {
        ...process.env,
        GO111MODULE: "off",
        GOFLAGS: "",
        GOPATH: `${goPath}:/usr/share/gocode`,
        GOCACHE: goCache
      }
    })
    return [program]
  })
