/**
 * Are the manifests what Kubernetes takes? They are put beside its types as TypeScript, and the compiler says what is unknown,
 * missing or of another type.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { parseAllDocuments } from "yaml"
import { cache, models, unpacked } from "./tools.ts"

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
}

/** Throws where this is no YAML. */
export const toManifests = (text: string): ReadonlyArray<Manifest> => {
  const documents = parseAllDocuments(text, { uniqueKeys: true, version: "1.1" })
  const [error] = documents.flatMap((document) => "errors" in document ? document.errors : [])
  if (error !== undefined) throw error
  return documents.map((document) => document.toJS() as Manifest)
}

/** `sets`: manifests by the name of their values. */
export const structureBreaches = (sets: ReadonlyMap<string, ReadonlyArray<Manifest>>): ReadonlyArray<string> => {
  const folder = mkdtempSync(join(cache, "manifests-"))
  try {
    for (const model of models) link(unpacked(model), join(folder, "node_modules", model.name))
    for (const [name, manifests] of sets) {
      writeFileSync(join(folder, `${name}.ts`), manifests.map(toTypeScript).join("\n"))
    }
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }))
    const { status, stderr, stdout } = spawnSync(process.execPath, [compiler, "--project", folder], {
      encoding: "utf8"
    })
    return status === 0 ? [] : [...stdout.split("\n"), stderr].filter((line) => line.trim() !== "")
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const compiler = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc")

const compilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  module: "esnext",
  moduleResolution: "bundler",
  target: "esnext",
  types: []
}

/** `apps/v1` is a folder of `kubernetes-models`, core `v1` as well; what is not Kubernetes' own has a package. */
const toTypeScript = (manifest: Manifest, index: number): string => {
  const home = manifest.apiVersion.startsWith("monitoring.coreos.com/")
    ? "@kubernetes-models/prometheus-operator"
    : "kubernetes-models"
  return [
    `import type { I${manifest.kind} as T${index} } from "${home}/${manifest.apiVersion}/${manifest.kind}"`,
    `export const m${index}: T${index} = ${JSON.stringify(manifest, undefined, 2)}`
  ].join("\n")
}

const link = (target: string, path: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  if (!existsSync(path)) symlinkSync(target, path)
}
