/**
 * Prose is true: what documentation names exists. Links and headings, npm scripts, environment variables, routes, codes.
 */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { variables } from "../../apps/server/src/config/variables.ts"
import { problems } from "../../packages/api/src/Problem.ts"
import { notApplicableReasons, recordFaults } from "../../packages/api/src/Tlsa.ts"
import { failures, unreachable } from "../../packages/core/src/codes.ts"
import { lintSummaries } from "../../packages/core/src/Lint.ts"
import { type SourceFile, sourceFiles } from "./files.ts"

interface Known {
  readonly scripts: ReadonlySet<string>
  readonly variables: ReadonlySet<string>
  /** One for each path of the API; parameters match any segment. */
  readonly routes: ReadonlyArray<RegExp>
  /** Codes, and the names of the API's messages. */
  readonly names: ReadonlySet<string>
}

/** Variables of the tests, which the service does not read. */
const testVariables = ["POSH_TEST_INSTALL"]

export const checkDocs = (): ReadonlyArray<string> => {
  const known = readKnown()
  return sourceFiles(/\.md$/).flatMap((file) =>
    [
      ...brokenLinks(file),
      ...unknown(file, /\bnpm run ([\w:-]+)/g, (name) => known.scripts.has(name), "no script of package.json"),
      ...unknown(file, /\b(POSH_[A-Z0-9_]+)\b/g, (name) => known.variables.has(name), "no variable of the service"),
      ...unknown(file, route, (path) => known.routes.some((pattern) => pattern.test(path)), "no route of the API"),
      ...(aboutCode.test(file.path)
        ? []
        : unknown({ ...file, text: withoutFences(file.text) }, camelCase, (name) => known.names.has(name), "no code"))
    ].map((breach) => `${file.path}: ${breach}`)
  )
}

// A path of the API as it stands in prose, in URLs and in commands; a full stop after it ends a sentence. `posh/v1` is a folder.
const route = /(?<!\bposh)(\/v1\/[\w{}/.-]*[\w}])/g

// `LikeThis`: in our documents a failure code, a problem, a finding, or a message of the API.
const camelCase = /`([A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+)`/g

// There they name types; the rule of names looks after those of the glossary.
const aboutCode = /^docs\/contributing\//

const readKnown = (): Known => {
  const manifest: { readonly scripts: object } = readJson("package.json")
  const openApi: OpenApi = readJson("packages/api/openapi.json")
  return {
    scripts: new Set(Object.keys(manifest.scripts)),
    variables: new Set([...Object.values(variables).map(({ name }) => name), ...testVariables]),
    routes: Object.keys(openApi.paths).map((path) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`)),
    names: new Set([
      "Verified",
      "Resolved",
      "NotNeeded",
      "NotApplicable",
      ...recordFaults,
      ...notApplicableReasons,
      ...[failures, problems, lintSummaries, unreachable, openApi.components.schemas].flatMap(Object.keys)
    ])
  }
}

interface OpenApi {
  readonly paths: object
  readonly components: { readonly schemas: object }
}

const readJson = <A>(path: string): A => JSON.parse(readFileSync(path, "utf8"))

const unknown = (
  { text }: SourceFile,
  pattern: RegExp,
  isKnown: (name: string) => boolean,
  complaint: string
): ReadonlyArray<string> =>
  [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ""))]
    .filter((name) => !isKnown(name))
    .map((name) => `${name} is ${complaint}`)

/** Links to files that are not there, and to headings that their file does not have. */
const brokenLinks = ({ path, text }: SourceFile): ReadonlyArray<string> =>
  [...withoutFences(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap((match) => {
    const link = match[1] ?? ""
    if (/^[a-z]+:/.test(link)) return []
    const [file = "", heading] = link.split("#")
    const target = file === "" ? path : normalize(join(dirname(path), file))
    if (!existsSync(target)) return [`the link ${link} leads nowhere`]
    return heading === undefined || headings(readFileSync(target, "utf8")).has(heading)
      ? []
      : [`the link ${link} names no heading`]
  })

/** The anchors that GitHub gives to headings. */
export const headings = (text: string): ReadonlySet<string> => {
  const seen = new Map<string, number>()
  return new Set(
    [...withoutFences(text).matchAll(/^#{1,6} +(.+)$/gm)].map((match) => {
      const anchor = (match[1] ?? "").trim().toLowerCase().replaceAll(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-")
      const count = seen.get(anchor) ?? 0
      seen.set(anchor, count + 1)
      return count === 0 ? anchor : `${anchor}-${count}`
    })
  )
}

const withoutFences = (text: string): string => text.replaceAll(/^```[^\n]*\n[\s\S]*?^```$/gm, "")
