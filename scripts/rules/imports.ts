/**
 * Who may import whom (design §3): the contract never imports an implementation, the fake world knows neither, and
 * nobody imports an app.
 */
import { builtinModules } from "node:module"
import { dirname, join } from "node:path"
import { type SourceFile, sourceFiles } from "./files.ts"

interface Rule {
  readonly files: RegExp
  /** Packages by name; `node:` stands for all built-in modules. */
  readonly allowed: ReadonlyArray<string>
}

const core = ["effect", "@peculiar/x509", "reflect-metadata", "lru-cache", "tldts", "tr46"]

const rules: ReadonlyArray<Rule> = [
  { files: /^packages\/core\/src\/node\//, allowed: ["effect", "@effect/platform-node", "undici", "node:"] },
  // Hashing and key comparison are node's; everything else that touches the machine is in core/node.
  { files: /^packages\/core\/src\//, allowed: [...core, "node:crypto", "node:buffer", "node:net"] },
  { files: /^packages\/api\/src\//, allowed: ["effect"] },
  {
    files: /^packages\/testing\/src\//,
    allowed: ["effect", "@peculiar/x509", "reflect-metadata", "dns-packet", "node:"]
  },
  {
    files: /^apps\/server\/src\//,
    allowed: ["effect", "@effect/platform-node", "@posh/core", "@posh/api", "ioredis", "lru-cache", "uuid", "node:"]
  },
  // Baselines are what others would write.
  { files: /^apps\/bench\/src\/bare/, allowed: ["ioredis", "node:"] },
  {
    files: /^apps\/[^/]+\//,
    allowed: [
      "effect",
      "@effect/platform-node",
      "@effect/vitest",
      "@posh/core",
      "@posh/api",
      "@posh/testing",
      "undici",
      "node:",
      "vitest",
      "yaml"
    ]
  }
]

interface FolderRule {
  /** A folder, or a file that lies in no folder of its own. */
  readonly path: string
  /** Folders and files of the same package that it may know besides itself. */
  readonly known: ReadonlyArray<string>
}

const inCore = (name: string): string => `packages/core/src/${name}`
const folderRule = (path: string, ...known: ReadonlyArray<string>): FolderRule => ({
  path: inCore(path),
  known: known.map(inCore)
})

const basics = ["codes.ts", "Limits.ts", "encoding/", "Lint.ts"]

/** From below; of several rows the first counts. Each folder of core has one. */
const folders: ReadonlyArray<FolderRule> = [
  folderRule("codes.ts"),
  folderRule("Limits.ts"),
  folderRule("encoding/", "Limits.ts"),
  folderRule("Lint.ts", "Limits.ts", "encoding/"),
  folderRule("x509/", "Limits.ts", "encoding/"),
  // What a deployment decides is put together from what each stage lets it decide, and read where a stage needs it all.
  folderRule("Policy.ts", "Limits.ts", "question/", "association/", "fetch/"),
  // A prepared question holds the certificate that it is about.
  folderRule("question/Inquiry.ts", ...basics, "Policy.ts", "question/", "presented/"),
  folderRule("question/", ...basics, "Policy.ts"),
  folderRule("association/", ...basics, "question/"),
  folderRule("presented/", ...basics, "Policy.ts", "x509/", "question/", "association/"),
  folderRule("fetch/", ...basics, "question/"),
  // A source of material is known by its interface alone: other proof types remember, too.
  folderRule("cache/", ...basics, "x509/", "question/", "association/", "fetch/"),
  folderRule("proof/", ...basics, "Policy.ts", "x509/", "question/", "association/", "presented/", "fetch/", "cache/"),
  // Pure: nothing here asks anybody.
  folderRule("verdict/", ...basics, "x509/", "question/", "association/", "presented/", "cache/", "proof/"),
  folderRule(
    "publish/",
    ...basics,
    "Policy.ts",
    "x509/",
    "question/",
    "association/",
    "presented/",
    "fetch/",
    "proof/",
    "verdict/"
  ),
  folderRule(
    "Verifier.ts",
    ...basics,
    "Policy.ts",
    "x509/",
    "question/",
    "association/",
    "presented/",
    "fetch/",
    "cache/",
    "proof/",
    "verdict/"
  ),
  // An implementation of `fetch/`; it knows no stage that asks it.
  folderRule("node/", ...basics, "x509/", "question/", "fetch/", "cache/ResolutionObserver.ts")
]

/** Imports that no row allows yet, as `from -> to`. The list may only shrink. */
const folderExceptions: ReadonlyArray<string> = [
  ["cache/fetchAndStore.ts", "proof/posh/Attempt.ts"],
  ["cache/ResolutionObserver.ts", "proof/posh/Attempt.ts"],
  ["presented/Leaf.ts", "verdict/Verdict.ts"],
  ["presented/Presented.ts", "verdict/Verdict.ts"],
  ["proof/posh/Matcher.ts", "verdict/Verdict.ts"]
].map(([from = "", to = ""]) => `${inCore(from)} -> ${inCore(to)}`)

const specifiers = /^(?:import|export)\b[^"'=]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm

const packageOf = (specifier: string): string => {
  if (specifier.startsWith("node:")) return specifier
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/")
}

// Tests may run the behavioural suite of an interface that is defined elsewhere, so that every implementation passes the
// same one. Suites are no part of what packages export, hence the path.
const isSuite = (path: string, target: string): boolean =>
  path.includes("/test/") && /^packages\/[^/]+\/test\/.*Suite\.ts$/.test(target)

const isAllowed = (name: string, allowed: ReadonlyArray<string>): boolean =>
  allowed.includes(name) || (name.startsWith("node:") && allowed.includes("node:"))

/** Imports by which a file of a folder knows one that it may not know, and exceptions that none needs any more. */
export const folderBreaches = (
  files: ReadonlyArray<SourceFile>,
  exceptions: ReadonlyArray<string> = []
): ReadonlyArray<string> => {
  const imports = files.flatMap((file) => {
    const rule = folders.find((one) => file.path.startsWith(one.path))
    if (rule === undefined) return []
    return targetsOf(file)
      .filter((target) => ![rule.path, ...rule.known].some((known) => target.startsWith(known)))
      .map((target) => `${file.path} -> ${target}`)
  })
  const nowhere = files.map(({ path }) => path).filter((path) =>
    /^packages\/core\/src\/[^/]+\//.test(path) && !folders.some((one) => path.startsWith(one.path))
  )
  return [
    ...nowhere.map((path) => `${path}: no row says whom its folder may know`),
    ...imports.filter((one) => !exceptions.includes(one)).map((one) => `${one}: its folder may not know that`),
    ...exceptions.filter((one) => !imports.includes(one)).map((one) => `${one}: an exception that nothing needs`)
  ]
}

const specifiersOf = ({ text }: SourceFile): ReadonlyArray<string> =>
  [...text.matchAll(specifiers)].map(([, a, b, c]) => a ?? b ?? c ?? "")

const targetsOf = (file: SourceFile): ReadonlyArray<string> =>
  specifiersOf(file).filter((specifier) => specifier.startsWith(".")).map((specifier) =>
    join(dirname(file.path), specifier)
  )

/** Imports by which a file knows a package that it may not know, or leaves its own by a path. */
export const packageBreaches = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> =>
  files.flatMap((file) => {
    const { path } = file
    const rule = rules.find(({ files }) => files.test(path))
    const breaches: Array<string> = []
    for (const specifier of specifiersOf(file)) {
      if (specifier.startsWith(".")) {
        const home = path.split("/").slice(0, 2).join("/")
        const target = join(dirname(path), specifier)
        if (!target.startsWith(`${home}/`) && !isSuite(path, target)) {
          breaches.push(`${path}: ${specifier} leaves ${home}`)
        }
        continue
      }
      const name = packageOf(specifier)
      if (builtinModules.includes(name)) breaches.push(`${path}: ${name} is written node:${name}`)
      if (rule !== undefined && !isAllowed(name, rule.allowed)) breaches.push(`${path}: imports ${name}`)
    }
    return breaches
  })

/** Types that are imported where they stand: the linter finds no circle that leads through one. */
export const inlineTypeBreaches = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> =>
  files.flatMap(({ path, text }) =>
    [...text.matchAll(/\bimport\("([^"]+)"\)\.[A-Z]/g)].map(([, specifier]) =>
      `${path}: imports a type of ${specifier} in place; write an import declaration`
    )
  )

export const checkImports = (): ReadonlyArray<string> => {
  const files = sourceFiles(/^(packages|apps|scripts)\/.*\.ts$/)
  const inWorkspaces = files.filter(({ path }) => !path.startsWith("scripts/"))
  return [
    ...packageBreaches(inWorkspaces),
    ...folderBreaches(inWorkspaces, folderExceptions),
    ...inlineTypeBreaches(files)
  ]
}
