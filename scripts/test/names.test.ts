import { assert, describe, it } from "@effect/vitest"
import { nameBreaches, type NamesInput } from "../rules/names.ts"

const source = (path: string, text: string) => ({ path, text })
const core = source("packages/core/src/Hop.ts", "export interface Hop {}\nexport const decide = 1\n")
const contract = source("packages/api/src/Evidence.ts", "export type Hop = typeof Hop.Type\n")
const glossary = "| Term | Meaning | In code |\n|---|---|---|\n| hop | one request | `Hop`, `decide` |\n"

const sound: NamesInput = { sources: [core, contract], glossary, pending: {} }
const breaches = (more: Partial<NamesInput>) => nameBreaches({ ...sound, ...more })
const and = (path: string, text: string) => ({ sources: [core, contract, source(path, text)] })
const server = "apps/server/src/a.ts"

describe("the rule of names", () => {
  it("has nothing against what is sound", () => assert.deepStrictEqual(breaches({}), []))

  const planted: ReadonlyArray<readonly [name: string, more: Partial<NamesInput>, breach: string]> = [
    [
      "a banned ending",
      and(server, "interface DialTrouble {}"),
      "DialTrouble: apps/server/src/a.ts declares it; the endings"
    ],
    ["another", and(server, "export class DialFailure extends Error {}"), "DialFailure: "],
    ["a third", and(server, "export type DialRefusal = string"), "DialRefusal: "],
    ["a word that was given up", and(server, "export interface Landing {}"), "the word is FlightResult"],
    ["a participle", and(server, "type Asked = 1"), "the word is no participle"],
    ["a member by a word that was given up", and(server, "  readonly untold: () => void"), "the word is pending"],
    ["one name in two files", and(server, "export interface Hop {}"), "packages/core/src/Hop.ts and"],
    [
      "one name in two files of the contract",
      and("packages/api/src/Hop.ts", "export type Hop = 1"),
      "each with its own meaning"
    ],
    [
      "a name of the contract for something else",
      { sources: [core, source(contract.path, "export type Gate = 1"), source(server, "export interface Gate {}")] },
      "Gate: packages/api/src/Evidence.ts and apps/server/src/a.ts"
    ],
    [
      "a term that is not in code",
      { glossary: `${glossary}| tier | a level | \`Tier\` |\n` },
      "Tier: the glossary has it"
    ],
    ["a name on the list that is as it should be", { pending: { Landing: "renamed later" } }, "take it off the list"]
  ]
  it.each(planted)("refuses %s", (_, more, breach) => {
    const found = breaches(more)
    assert.strictEqual(found.length, 1, found.join("\n"))
    assert.include(found.join(), breach)
  })

  it.each([
    ["an import of such a name", "import {\n  type Landing,\n  type Hop\n} from \"elsewhere\"\n"],
    ["a name that only begins so", "export interface LandingStrip {}\nexport class FailureCodes {}\n"],
    ["a name within its file", "interface Hop {}\n"]
  ])("takes %s", (_, text) => assert.deepStrictEqual(breaches(and(server, text)), []))

  it("takes what stands on the list", () =>
    assert.deepStrictEqual(
      breaches({ ...and(server, "export interface Landing {}"), pending: { Landing: "renamed later" } }),
      []
    ))
})
