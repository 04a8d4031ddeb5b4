/**
 * The linters and the generator of OpenAPI, which are no dependencies of the project: 240 packages of npm's registry, as
 * `scripts/openapi/tools` locks them, installed once into the user's cache folder, without their install scripts.
 */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

export const root = join(import.meta.dirname, "../../..")

const source = join(root, "scripts/openapi/tools")
const files = ["package.json", "package-lock.json", ".npmrc"]
const cache = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "posh-check/openapi")

/** The folder with their `node_modules`. Blocks while it installs: call it in a `beforeAll` with a long time-out. */
export const openApiTools = (): string => {
  const hash = createHash("sha256")
  for (const file of files) hash.update(readFileSync(join(source, file)))
  const folder = join(cache, hash.digest("hex").slice(0, 16))
  if (!existsSync(folder)) installTo(folder)
  return folder
}

const installTo = (folder: string): void => {
  if (process.env["POSH_TEST_INSTALL"] === "false") {
    throw new Error(
      "the tests need the packages of scripts/openapi/tools: run them once without POSH_TEST_INSTALL=false"
    )
  }
  // At once and past the reporter of the tests: installing blocks this thread.
  writeSync(
    2,
    "posh: the tests need linters and a generator of OpenAPI: installing scripts/openapi/tools into the cache folder\n"
  )
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(cache, "work-"))
  try {
    for (const file of files) cpSync(join(source, file), join(work, file))
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: work, stdio: "pipe" })
    moveTo(work, folder)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** At once: a folder that is there is whole. Another test file may have been faster. */
const moveTo = (work: string, folder: string): void => {
  try {
    renameSync(work, folder)
  } catch (cause) {
    if (!existsSync(folder)) throw cause
  }
}
