/**
 * Which test files `npm run test:unit` runs: those that open no socket and start no process, found by what they import, so
 * that a file which moves keeps its place.
 *
 * Imports are followed through the helpers of tests, and through the lab, whose sources start what they measure; not through
 * other sources: these open nothing until a test gives them something to reach.
 */
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"

/** A file's text by its path from the root of the repository; `undefined` where there is none. */
export type ReadText = (path: string) => string | undefined

/** The test files below `root`, apart from those that match `excluded` (globs). */
export const unitTests = (root: string, excluded: ReadonlyArray<string>): ReadonlyArray<string> => {
  const read: ReadText = (path) => existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined
  return globSync("{packages/*,apps/*,scripts}/**/*.test.ts", { cwd: root, exclude: ["**/node_modules", ...excluded] })
    .filter((path) => firstOpener(path, read) === undefined)
    .toSorted()
}

/** The import by which a test reaches a socket or a process, with the files on the way there; `undefined` if none does. */
export const firstOpener = (path: string, read: ReadText, seen = new Set<string>()): string | undefined => {
  if (seen.has(path)) return undefined
  seen.add(path)
  for (const { names, specifier } of valueImports(read(path) ?? "")) {
    if (opens(specifier, names)) return `${path} imports ${specifier}`
    if (!specifier.startsWith(".")) continue
    const target = join(dirname(path), specifier)
    if (target.startsWith("packages/testing/src/") ? names.some(isServer) : names.some(isEgress)) {
      return `${path} imports ${specifier}`
    }
    const opener = isHelper.test(target) ? firstOpener(target, read, seen) : undefined
    if (opener !== undefined) return opener
  }
  return undefined
}

const isHelper = /\/(test|demo)\/|^apps\/lab\/src\//

const opens = (specifier: string, names: ReadonlyArray<string>): boolean => {
  if (specifier === "@posh/testing") return names.some(isServer)
  if (specifier === "@posh/core/node") return names.some(isEgress)
  return openers.test(specifier) && !names.every((name) => harmless.has(name))
}

const openers =
  /^(node:(http|https|http2|tls|net|dgram|child_process|cluster|worker_threads)|undici|ioredis|effect\/process|@effect\/platform-node)$/

const harmless = new Set(["isIP", "isIPv4", "isIPv6", "BlockList", "TLSSocket", "checkServerIdentity"])

/** What `packages/testing` starts, or runs. */
const isServer = (name: string): boolean => /^(make[A-Z]\w*|\w+Listener|ensureInstalled|ensureRuns)$/.test(name)

/** What of our own reaches out, or is the whole service. */
const isEgress = (name: string): boolean => name === "HttpsFetcher" || name === "App"

const imports =
  /^(?:import|export)\s+(?!type\b)([^"';]*?)\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm

/** What a text imports beside types: the names, in the module's own terms, and whence. */
const valueImports = (text: string) =>
  [...text.matchAll(imports)].flatMap(([, clause, from, bare, dynamic]) => {
    const specifier = from ?? bare ?? dynamic ?? ""
    if (clause === undefined) return [{ names: ["*"], specifier }]
    const names = clause
      .replaceAll(/[{}]/g, ",")
      .split(",")
      .map((name) => name.trim().replace(/^\* as /, "").replace(/ as \w+$/, ""))
      .filter((name) => name !== "" && !name.startsWith("type "))
    return names.length === 0 ? [] : [{ names, specifier }]
  })
