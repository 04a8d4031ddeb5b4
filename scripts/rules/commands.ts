/**
 * What workflows, hooks and AGENTS.md run exists; every check of package.json is run by a workflow, so that none is
 * forgotten; and workflows ask for no more rights than they need.
 */
import { existsSync, readFileSync } from "node:fs"
import { parse } from "yaml"
import { type SourceFile, sourceFiles } from "./files.ts"

export interface Repository {
  /** Files below `.github` and `.githooks`, and AGENTS.md. */
  readonly files: ReadonlyArray<SourceFile>
  /** Of package.json: commands by name. */
  readonly scripts: Readonly<Record<string, string>>
  readonly exists: (path: string) => boolean
}

export const checkCommands = (): ReadonlyArray<string> => {
  const manifest: { readonly scripts: Record<string, string> } = JSON.parse(readFileSync("package.json", "utf8"))
  const files = sourceFiles(/^(\.github\/.*\.ya?ml|\.githooks\/[^/]+|AGENTS\.md)$/)
  return commandBreaches({ files, scripts: manifest.scripts, exists: existsSync })
}

export const commandBreaches = ({ exists, files, scripts }: Repository): ReadonlyArray<string> => [
  ...files.flatMap(({ path, text }) =>
    [
      ...unique([...npmScripts(text)].filter((name) => !Object.hasOwn(scripts, name)))
        .map((name) => `${name} is no script of package.json`),
      ...unique([...text.matchAll(paths)].map(([found]) => found).filter((found) => !exists(found)))
        .map((found) => `${found} does not exist`),
      ...(/\.ya?ml$/.test(path) ? yamlBreaches(path, text) : [])
    ].map((breach) => `${path}: ${breach}`)
  ),
  ...unrun(files.filter(({ path }) => isWorkflow(path)), scripts).map((name) => `no workflow runs ${name}`)
]

/** Paths from the root, as they stand in commands and in prose. */
const paths =
  /(?<![\w./@-])(?:(?:apps|docker|docs|packages|scripts|\.changeset|\.ci|\.githooks)\/[\w./-]*\w|[A-Z]+\.md)/g

const npmScripts = function*(text: string): Generator<string> {
  for (const [, run, short] of text.matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(test|start)\b)/g)) {
    yield run ?? short ?? ""
  }
}

const unique = (values: ReadonlyArray<string>) => [...new Set(values)]

const isWorkflow = (path: string): boolean => path.startsWith(".github/workflows/")

const yamlBreaches = (path: string, text: string): ReadonlyArray<string> => {
  try {
    const value: Workflow | null = parse(text)
    return isWorkflow(path) ? workflowBreaches(value ?? {}) : []
  } catch (cause) {
    return [`no YAML: ${String(cause).split("\n")[0]}`]
  }
}

interface Workflow {
  readonly permissions?: unknown
  readonly concurrency?: unknown
  readonly jobs?: Readonly<Record<string, Job>>
}

interface Job {
  readonly name?: string
  readonly "timeout-minutes"?: number
  readonly steps?: ReadonlyArray<{ readonly uses?: string }>
}

/** A job that needs more than to read says so itself. */
const workflowBreaches = ({ concurrency, jobs = {}, permissions }: Workflow): ReadonlyArray<string> => [
  ...(JSON.stringify(permissions) === `{"contents":"read"}` ? [] : ["permissions are not contents: read"]),
  ...(concurrency === undefined ? ["no concurrency: runs of the same branch pile up"] : []),
  ...Object.entries(jobs).flatMap(([id, job]) => jobBreaches(id, job))
]

const jobBreaches = (id: string, { name, steps = [], "timeout-minutes": minutes }: Job): ReadonlyArray<string> => {
  const unpinned = steps.flatMap(({ uses }) => uses === undefined || /^[\w/-]+@v\d+$/.test(uses) ? [] : [uses])
  return [
    ...(name === undefined ? [`the job ${id} has no name`] : []),
    ...(minutes === undefined ? [`the job ${id} may run for hours: no timeout-minutes`] : []),
    ...unpinned.map((uses) => `${uses} names no version`)
  ]
}

const isPromise = (name: string): boolean => /^(build|check|test)(:|$)/.test(name)

/** Checks and tests that no workflow runs, itself or by a script that runs them. */
const unrun = (
  workflows: ReadonlyArray<SourceFile>,
  scripts: Readonly<Record<string, string>>
): ReadonlyArray<string> => {
  const run = new Set<string>()
  const visit = (text: string): void => {
    for (const name of npmScripts(text)) {
      if (run.has(name)) continue
      run.add(name)
      visit(scripts[name] ?? "")
    }
  }
  for (const { text } of workflows) visit(text)
  return Object.keys(scripts).filter((name) => isPromise(name) && !run.has(name))
}
