/**
 * Which folders of the server may not know which: the service stands without a transport, so that a second one can stand
 * beside the first without touching it. Types count.
 */
import { dirname, join } from "node:path"
import { type SourceFile, sourceFiles } from "./files.ts"
import { specifiers } from "./imports.ts"

interface FolderRule {
  /** Below `apps/server/src`; a folder ends in `/`. */
  readonly path: string
  /** Must not be reached from here, by whatever detour. */
  readonly unreachable: ReadonlyArray<string>
  /** Must not be imported from here. */
  readonly unknown: ReadonlyArray<string>
  /** Packages that must not be imported from here, with what is below them. */
  readonly packages: ReadonlyArray<string>
}

const home = "apps/server/src/"
const transports = ["http/", "grpc/"]
const httpPackages = [
  "node:http",
  "node:https",
  "node:http2",
  "effect/http",
  "effect/http-api",
  "@connectrpc"
]

const folders: ReadonlyArray<FolderRule> = [
  {
    path: "service/",
    unreachable: transports,
    unknown: ["access/"],
    packages: [...httpPackages, "node:net", "node:tls", "@effect/platform-node"]
  },
  { path: "access/", unreachable: transports, unknown: ["redis/", "telemetry/"], packages: httpPackages },
  { path: "config/", unreachable: transports, unknown: [], packages: httpPackages },
  { path: "redis/", unreachable: transports, unknown: ["access/"], packages: httpPackages },
  { path: "telemetry/", unreachable: transports, unknown: ["access/"], packages: ["node:http", "node:https"] },
  {
    path: "process/",
    unreachable: transports,
    unknown: ["access/", "config/", "redis/", "service/", "telemetry/"],
    packages: httpPackages
  },
  { path: "workers/", unreachable: transports, unknown: ["access/", "redis/"], packages: httpPackages },
  {
    path: "connections/",
    unreachable: transports,
    unknown: ["config/", "redis/"],
    packages: ["effect/http", "effect/http-api"]
  },
  { path: "routes.ts", unreachable: transports, unknown: [], packages: ["node:http"] },
  { path: "http/", unreachable: [], unknown: ["grpc/"], packages: [] },
  { path: "grpc/", unreachable: [], unknown: ["http/"], packages: [] }
]

/** Pure. `files` are those of the server at least; paths are from the root of the repository. */
export const serverFolderBreaches = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> => {
  const imports = new Map(files.filter(({ path }) => path.startsWith(home)).map((file) => [file.path, importsOf(file)]))
  return [...imports.keys()].flatMap((path) => {
    const rule = folders.find((one) => path.startsWith(home + one.path))
    return rule === undefined ? [] : breachesOf(path, rule, imports)
  })
}

export const checkServerFolders = (): ReadonlyArray<string> =>
  serverFolderBreaches(sourceFiles(/^apps\/server\/src\/.*\.ts$/))

interface Imports {
  readonly packages: ReadonlyArray<string>
  readonly targets: ReadonlyArray<string>
}

const breachesOf = (
  path: string,
  rule: FolderRule,
  imports: ReadonlyMap<string, Imports>
): ReadonlyArray<string> => {
  const { packages = [], targets = [] } = imports.get(path) ?? {}
  const way = wayTo(path, imports, rule.unreachable)
  return [
    ...packages.filter((name) => isOneOf(name, rule.packages)).map((name) => `${path}: must not import ${name}`),
    ...targets.filter((target) => isBelow(target, rule.unknown)).map((target) => `${path}: must not know ${target}`),
    ...(way === undefined ? [] : [`${path}: must not reach ${way.join(" -> ")}`])
  ]
}

const importsOf = ({ path, text }: SourceFile): Imports => {
  const all = [...text.matchAll(specifiers)].map(([, a, b, c]) => a ?? b ?? c ?? "")
  return {
    packages: all.filter((specifier) => !specifier.startsWith(".")),
    targets: all.filter((specifier) => specifier.startsWith(".")).map((specifier) => join(dirname(path), specifier))
  }
}

const isOneOf = (name: string, packages: ReadonlyArray<string>): boolean =>
  packages.some((banned) => name === banned || name.startsWith(`${banned}/`))

const isBelow = (path: string, folders: ReadonlyArray<string>): boolean =>
  folders.some((folder) => path.startsWith(home + folder))

/** The shortest way from a file into one of the folders, if there is any. */
const wayTo = (
  start: string,
  imports: ReadonlyMap<string, Imports>,
  folders: ReadonlyArray<string>
): ReadonlyArray<string> | undefined => {
  const ways: Array<ReadonlyArray<string>> = [[start]]
  const seen = new Set([start])
  for (const way of ways) {
    for (const target of imports.get(way.at(-1) ?? "")?.targets ?? []) {
      if (isBelow(target, folders)) return [...way.slice(1), target]
      if (seen.has(target)) continue
      seen.add(target)
      ways.push([...way, target])
    }
  }
  return undefined
}
