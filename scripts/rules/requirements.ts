/**
 * Every citation leads into docs/spec/requirements.md, and every MUST there has a test that names it, or a reason.
 *
 * NOT CHECKED: whether a test shows what it names. A reviewer checks that.
 */
import { failures, unreachable } from "../../packages/core/src/codes.ts"
import {
  citedIds,
  citedSections,
  definedTwice,
  readRequirements,
  readSections,
  type Requirements,
  retired
} from "./citations.ts"
import { codeTableBreaches } from "./codeTable.ts"
import { type SourceFile, sourceFiles } from "./files.ts"
import { mostUncovered, uncovered } from "./uncovered.ts"

export const specification = "docs/spec/requirements.md"

/** Text that may cite. What is made from it, and what others wrote, does not. */
export const citing = /^(?!package-lock\.json$|LICENSE$|docs\/spec\/traceability\.md$)/

/** Tests, and what they share: a row of a table names what it shows wherever the table stands. */
export const testFile = /(?:^|\/)test\/.*\.ts$/

export interface RequirementsInput {
  /** Of docs/spec/requirements.md. */
  readonly requirements: string
  /** Everything that may cite, tests included. */
  readonly files: ReadonlyArray<SourceFile>
  /** Why a requirement has no test, by id. */
  readonly uncovered: Readonly<Record<string, string>>
  /** How many such reasons there may be; only ever made less. */
  readonly mostUncovered: number
}

export const checkRequirements = (): ReadonlyArray<string> => {
  const requirements = readSpecification()
  return [
    ...requirementBreaches({ requirements, files: sourceFiles(citing), uncovered, mostUncovered }),
    ...codeTableBreaches(requirements, failures, unreachable)
  ]
}

export const readSpecification = (): string =>
  sourceFiles(/^docs\/spec\/requirements\.md$/).map(({ text }) => text).join("")

export const requirementBreaches = (input: RequirementsInput): ReadonlyArray<string> => {
  const { files, requirements } = input
  const known = readRequirements(requirements)
  const sections = readSections(requirements)
  return [
    ...definedTwice(requirements).map((id) => `${specification}: ${id} is defined twice`),
    ...[...known].filter(([, level]) => !levels.has(level)).map(([id, level]) =>
      `${specification}: ${id} has the level "${level}", which is none`
    ),
    ...files.flatMap((file) => citationBreaches(file, known, sections)),
    ...coverageBreaches(input, known)
  ]
}

// Open questions have none.
const levels = new Set(["MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", retired, ""])

const citationBreaches = (
  { path, text }: SourceFile,
  known: Requirements,
  sections: ReadonlySet<string>
): ReadonlyArray<string> => {
  const [words] = elsewhere.exec(text) ?? []
  const ids = [...citedIds(text, known)]
  return [
    ...ids.filter((id) => !known.has(id)).map((id) => `${id} is no requirement`),
    ...ids.filter((id) => known.get(id) === retired && path !== specification).map((id) => `${id} is retired`),
    ...[...citedSections(text)].filter((number) => !sections.has(number)).map((number) =>
      `the requirements have no section ${number}`
    ),
    ...(words === undefined ? [] : [`"${words}" is not in this repository`])
  ].map((breach) => `${path}: ${breach}`)
}

// Documents that the project was written from, and that no reader has.
const elsewhere = /\b(?:design|style|seed)(?:\.md)? §\d+/

const coverageBreaches = (
  { files, mostUncovered, uncovered }: RequirementsInput,
  known: Requirements
): ReadonlyArray<string> => {
  const named = new Set(
    files.filter(({ path }) => testFile.test(path)).flatMap(({ text }) => Array.from(citedIds(text, known)))
  )
  const isMust = (id: string) => known.get(id)?.startsWith("MUST") === true
  const listed = Object.keys(uncovered)
  return [
    ...[...known.keys()].filter((id) => isMust(id) && !named.has(id) && !listed.includes(id)).map((id) =>
      `no test names ${id}`
    ),
    ...listed.filter((id) => !known.has(id)).map((id) => `${list}: ${id} is no requirement`),
    ...listed.filter((id) => known.has(id) && !isMust(id)).map((id) =>
      `${list}: ${id} is no MUST, and needs no reason`
    ),
    ...listed.filter((id) => named.has(id)).map((id) => `${list}: a test names ${id}, so take it off the list`),
    ...(listed.length > mostUncovered
      ? [`${list}: the list may only shrink, and ${listed.length} is more than it was`]
      : []),
    ...(listed.length < mostUncovered
      ? [`${list}: the list has shrunk, so lower mostUncovered to ${listed.length}`]
      : [])
  ]
}

const list = "scripts/rules/uncovered.ts"
