/**
 * The messages of `packages/api/proto` as TypeScript, by `buf` and its plugin, from the packages of the repository alone.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dirname, "../..")
const bin = join(root, "node_modules/.bin")
const target = "packages/api/src/grpc/generated"

/** Runs `buf` in the folder of the protocol. */
export const buf = (...args: ReadonlyArray<string>): string =>
  execFileSync(join(bin, "buf"), args, {
    cwd: join(root, "packages/api/proto"),
    encoding: "utf8",
    env: { ...process.env, PATH: `${bin}:${process.env["PATH"]}` },
    stdio: ["ignore", "pipe", "pipe"]
  })

/** Path from the root of the repository → content. */
export const protobufSources = (): ReadonlyMap<string, string> => {
  const folder = mkdtempSync(join(tmpdir(), "posh-proto-"))
  try {
    const template = JSON.stringify({
      version: "v2",
      plugins: [{ local: "protoc-gen-es", out: folder, opt: ["target=ts", "import_extension=ts"] }]
    })
    buf("generate", "--template", template)
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))
    return new Map(
      names.toSorted().map((name) => [`${target}/${name}`, erasable(readFileSync(join(folder, name), "utf8"))])
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Node.js runs the sources without a build, so an enum becomes an object with the same members. */
const erasable = (text: string): string =>
  text.replace(
    /^export enum (\w+) \{$([^]*?)^\}$/gm,
    (_, name: string, members: string) =>
      `export const ${name} = {${
        members.replace(/^( +\w+) = (\d+),$/gm, "$1: $2,")
      }} as const\nexport type ${name} = typeof ${name}[keyof typeof ${name}];`
  )
