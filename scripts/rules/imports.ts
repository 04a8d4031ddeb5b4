/**
 * Who may import whom (docs/contributing/layout.md): the contract never imports an implementation, the fake world knows neither, and
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

const core = ["effect", "@peculiar/x509", "dns-packet", "reflect-metadata", "lru-cache", "tldts", "tr46"]

const rules: ReadonlyArray<Rule> = [
  { files: /^packages\/core\/src\/node\//, allowed: ["effect", "@effect/platform-node", "undici", "node:"] },
  // Hashing and key comparison are node's; everything else that touches the machine is in core/node.
  { files: /^packages\/core\/src\/x509\/display\.ts$/, allowed: [...core, "node:module"] }, // loads a library on first use
  { files: /^packages\/core\/src\//, allowed: [...core, "node:crypto", "node:buffer", "node:net"] },
  // The helpers for TLS; everything else of the contract runs in a browser.
  { files: /^packages\/api\/src\/client\/node\//, allowed: ["effect", "node:"] },
  { files: /^packages\/api\/src\/grpc\//, allowed: ["@bufbuild/protobuf"] },
  { files: /^packages\/api\/src\//, allowed: ["effect"] },
  {
    files: /^packages\/testing\/src\//,
    allowed: ["effect", "@peculiar/x509", "reflect-metadata", "dns-packet", "node:"]
  },
  {
    files: /^apps\/server\/src\//,
    allowed: [
      "effect",
      "@effect/platform-node",
      "@posh/core",
      "@posh/api",
      "@bufbuild/protobuf",
      "@connectrpc/connect",
      "@connectrpc/connect-node",
      "ioredis",
      "lru-cache",
      "uuid",
      "node:"
    ]
  },
  {
    files: /^apps\/lab\/src\/simulate\//,
    allowed: ["effect", "@posh/core", "@posh/testing", "tinyqueue", "vega", "vega-lite", "node:"]
  },
  // Baselines are what others would write.
  {
    files: /^apps\/lab\/src\/bench\/bare\//,
    allowed: ["@connectrpc/connect", "@connectrpc/connect-node", "@posh/api", "ioredis", "undici", "node:"]
  },
  { files: /^apps\/lab\/src\/bench\/page\//, allowed: ["vega", "vega-lite", "node:"] },
  { files: /^apps\/lab\/src\/bench\/subjects\/bundle\.ts$/, allowed: ["rolldown", "node:"] },
  {
    files: /^apps\/[^/]+\//,
    allowed: [
      "effect",
      "@effect/platform-node",
      "@effect/vitest",
      "@posh/core",
      "@posh/api",
      "@posh/testing",
      "@bufbuild/protobuf",
      "@connectrpc/connect",
      "@connectrpc/connect-node",
      "@grpc/grpc-js",
      "ajv",
      "undici",
      "node:",
      "vitest",
      "yaml"
    ]
  }
]

export const specifiers = /^(?:import|export)\b[^"'=]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm

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

/** Imports by which a file knows a package that it may not know, or leaves its own by a path. */
export const packageBreaches = (files: ReadonlyArray<SourceFile>): ReadonlyArray<string> =>
  files.flatMap(({ path, text }) => {
    const rule = rules.find(({ files }) => files.test(path))
    const breaches: Array<string> = []
    for (const [, a, b, c] of text.matchAll(specifiers)) {
      const specifier = a ?? b ?? c ?? ""
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

export const checkImports = (): ReadonlyArray<string> => [
  ...packageBreaches(sourceFiles(/^(packages|apps)\/.*\.ts$/)),
  ...inlineTypeBreaches(sourceFiles(/^(packages|apps|scripts)\/.*\.ts$/))
]
