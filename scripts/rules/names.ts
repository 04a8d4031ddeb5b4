/**
 * One noun, one meaning (docs/contributing/glossary.md), as far as that can be seen in declarations.
 *
 * NOT CHECKED: the meaning. Two declarations of one name outside the contract are taken for two meanings.
 */
import { type SourceFile, sourceFiles } from "./files.ts"
import { pendingNames } from "./pendingNames.ts"

export interface NamesInput {
  /** Sources of what ships. */
  readonly sources: ReadonlyArray<SourceFile>
  /** Of docs/contributing/glossary.md. */
  readonly glossary: string
  /** What still fails, with the reason. */
  readonly pending: Readonly<Record<string, string>>
}

/** Tools and the fake world have words of their own. */
const shipped = /^(?:packages\/(?:core|api)|apps\/(?!bench\/|lab\/)[^/]+)\/src\/.*\.ts$/

export const checkNames = (): ReadonlyArray<string> =>
  nameBreaches({
    sources: sourceFiles(shipped),
    glossary: sourceFiles(/^docs\/contributing\/glossary\.md$/).map(({ text }) => text).join(""),
    pending: pendingNames
  })

export const nameBreaches = ({ glossary, pending, sources }: NamesInput): ReadonlyArray<string> => {
  const found = [...retiredNames(sources), ...sharedNames(sources), ...missingNames(glossary, sources)]
  const failing = new Set(found.map(({ name }) => name))
  return [
    ...found.filter(({ name }) => pending[name] === undefined).map(({ name, why }) => `${name}: ${why}`),
    ...Object.keys(pending).filter((name) => !failing.has(name)).map((name) =>
      `scripts/rules/pendingNames.ts: ${name} is as it should be, so take it off the list`
    )
  ]
}

interface Breach {
  readonly name: string
  readonly why: string
}

const declared = /^(?:export )?(?:abstract )?(?:class|interface|type) (\w+)/gm
const exported = /^export (?:abstract )?(?:class|interface|type) (\w+)/gm
const members = /\b(?:const|function|readonly) (\w+)/g

const namesIn = ({ text }: SourceFile, pattern: RegExp): ReadonlyArray<string> => [
  ...new Set([...text.matchAll(pattern)].map(([, name = ""]) => name))
]

const retiredNames = (sources: ReadonlyArray<SourceFile>): ReadonlyArray<Breach> =>
  sources.flatMap((source) => {
    const types = namesIn(source, declared)
    const retiredIn = (names: ReadonlyArray<string>, words: ReadonlyMap<string, string>) =>
      names.filter((name) => words.has(name)).map((name) => ({
        name,
        why: `${source.path} declares it; the word is ${words.get(name)}`
      }))
    return [
      ...retiredIn(types, retiredTypes),
      ...retiredIn(namesIn(source, members), retiredMembers),
      ...types.filter((name) => bannedEnding.test(name)).map((name) => ({
        name,
        why: `${source.path} declares it; the endings are Error, Fault and Problem`
      }))
    ]
  })

const bannedEnding = /(?:Trouble|Failure|Refusal)$/

/** Names of types that were given up, and what stands for them. */
const retiredTypes: ReadonlyMap<string, string> = new Map([
  ["Proof", "Presented, or SubResult"],
  ["Terms", "QuestionOptions"],
  ["Assertion", "AssociationReport"],
  ["Remembered", "CacheEntry"],
  ["Absence", "NegativeEntry"],
  ["Recall", "CacheDecision"],
  ["Demand", "Freshness"],
  ["Landing", "FlightResult"],
  ["Allowance", "CallerBudget"],
  ["AllowanceShape", "CallerBudget"],
  ["Observer", "ResolutionObserver"],
  ["ObserverShape", "ResolutionObserver"],
  ["Observations", "DecisionObserver"],
  ["ObservationsShape", "DecisionObserver"],
  ["Asked", "no participle"],
  ["Known", "no participle"],
  ["Told", "no participle"]
])

/** The same of functions and members. */
const retiredMembers: ReadonlyMap<string, string> = new Map([
  ["learn", "fetchAndStore"],
  ["judge", "decide"],
  ["heed", "onChange"],
  ["untold", "pending"]
])

const contract = /^packages\/api\//

/** A name that two files export; one of them may be the contract, where it is the same thing on the wire. */
const sharedNames = (sources: ReadonlyArray<SourceFile>): ReadonlyArray<Breach> => {
  const places = new Map<string, ReadonlyArray<string>>()
  for (const source of sources) {
    for (const name of namesIn(source, exported)) places.set(name, [...(places.get(name) ?? []), source.path])
  }
  return [...places].flatMap(([name, paths]) => {
    const outside = paths.filter((path) => !contract.test(path))
    const isOne = paths.length === 1 || (outside.length === 1 && paths.length === 2 && onTheWire.has(name))
    return isOne ? [] : [{ name, why: `${paths.join(" and ")} declare it, each with its own meaning` }]
  })
}

/** Values that the contract has a schema for, under the same name. */
const onTheWire: ReadonlySet<string> = new Set([
  "Association",
  "CacheStatus",
  "DaneEvidence",
  "Delegation",
  "Evidence",
  "FailureCode",
  "GenerateRequest",
  "Generation",
  "Hop",
  "Inventory",
  "IssuerFetch",
  "Lint",
  "LintRequest",
  "Material",
  "PendingPurge",
  "PkixEvidence",
  "Question",
  "Stage",
  "SubResult",
  "TlsaRecord",
  "VerdictKind"
])

/** What the glossary says is in code. */
const missingNames = (glossary: string, sources: ReadonlyArray<SourceFile>): ReadonlyArray<Breach> => {
  const text = sources.map((source) => source.text).join("\n")
  return [...glossary.matchAll(/^\|(?:[^|]*\|){2}([^|]*)\|$/gm)]
    .flatMap(([, cell = ""]) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name))
    .filter((name) =>
      !new RegExp(`\\b(?:class|interface|type|const|readonly) ${name}\\b|^\\s+${name}[:,(]`, "m").test(text)
    )
    .map((name) => ({ name, why: "the glossary has it, and no source declares it" }))
}
