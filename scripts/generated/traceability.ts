/**
 * From each requirement to the sources that cite it and the tests that name it.
 */
import { basename, dirname, relative } from "node:path"
import { citedIds, readRequirements } from "../rules/citations.ts"
import { type SourceFile, sourceFiles } from "../rules/files.ts"
import { citing, readSpecification, testFile } from "../rules/requirements.ts"
import { uncovered } from "../rules/uncovered.ts"
import { table } from "./markdown.ts"

export const traceabilityTable = (): string => traceability(readSpecification(), sourceFiles(citing), uncovered)

/** Where the table stands. */
export const traceabilityFile = "docs/spec/traceability.md"

export const traceability = (
  requirements: string,
  files: ReadonlyArray<SourceFile>,
  reasons: Readonly<Record<string, string>>
): string => {
  const known = readRequirements(requirements)
  const cited = files.map(({ path, text }) => ({ path, ids: citedIds(text, known) }))
  const linksTo = (id: string, isWanted: (path: string) => boolean): string =>
    cited.filter(({ ids, path }) => isWanted(path) && ids.has(id)).map(({ path }) => link(path)).join(", ")
  const rows = [...known].filter(([id]) => id.startsWith("POSH-")).map(([id, level]) => [
    id,
    level,
    linksTo(id, isSource),
    linksTo(id, (path) => testFile.test(path)) || (reasons[id] ?? "")
  ])
  return `# Traceability

<!-- Made by \`npm run generate\` from the citations in sources and tests. Do not edit. -->

For each of [the requirements](requirements.md), the sources that cite it and the tests that name it. Where a requirement of
level MUST has no test, the reason stands in its place.

${table(["Id", "Level", "Sources", "Tests"], rows)}
`
}

/** What ships, and what it runs in. */
const isSource = (path: string): boolean => /^(?:packages|apps|docker)\//.test(path) && !testFile.test(path)

const link = (path: string): string => `[${basename(path)}](${relative(dirname(traceabilityFile), path)})`
