import { assert, describe, it } from "@effect/vitest"
import { citedIds, citedSections, readRequirements, readSections } from "../rules/citations.ts"
import { codeTableBreaches } from "../rules/codeTable.ts"
import { requirementBreaches, type RequirementsInput } from "../rules/requirements.ts"

// Put together, because this file is checked like any other, and these ids do not exist.
const id = (number: number, family = "XYZ") => `POSH-${family}-${String(number).padStart(2, "0")}`
const section = (words: string) => `requirements ${words}`

const specification = `# Requirements

### 1.2 A table

| Id | Level | Requirement | Source |
|---|---|---|---|
| ${id(1)} | MUST | one | P |
| ${id(2)} | MUST NOT | two | P |
| ${id(3)} | SHOULD | three | P |
| ${id(7)} | retired | seven | P |
| ${id(9)} | MUST | nine | P |

## Appendix A. More

| | |
|---|---|
| A.1 | a fact |
`

const source = { path: "packages/core/src/a.ts", text: `/** ${id(1)}, ${section("§1.2")}, ${section("A.1")} */` }
const test = { path: "packages/core/test/a.test.ts", text: `it("${id(1)} to ${id(2)}") // ${id(9)}` }
const sound: RequirementsInput = { requirements: specification, files: [source, test], uncovered: {}, mostUncovered: 0 }
const breaches = (more: Partial<RequirementsInput>) => requirementBreaches({ ...sound, ...more })
const withText = (text: string) => ({ files: [source, test, { path: "docs/page.md", text }] })

describe("the rule about requirements", () => {
  it("has nothing against what is sound", () => assert.deepStrictEqual(breaches({}), []))

  const planted: ReadonlyArray<readonly [name: string, more: Partial<RequirementsInput>, breach: string]> = [
    ["an unknown id", withText(`see ${id(4)}`), `docs/page.md: ${id(4)} is no requirement`],
    ["an unknown family", withText(`see ${id(1, "QQQ")}`), `${id(1, "QQQ")} is no requirement`],
    ["a retired id", withText(`see ${id(7)}`), `docs/page.md: ${id(7)} is retired`],
    ["the unknown end of a range", withText(`see ${id(1)} to ${id(8)}`), `${id(8)} is no requirement`],
    ["an unknown section", withText(section("§1.3")), "have no section 1.3"],
    ["an unknown one in a list", withText(section("§1.2, §7.7")), "have no section 7.7"],
    ["an unknown row of an appendix", withText(section("A.2")), "have no section A.2"],
    ["a document that is elsewhere", withText(["design", "§4"].join(" ")), "is not in this repository"],
    [
      "a MUST that no test names",
      { files: [source, { ...test, text: `${id(2)} ${id(9)}` }] },
      `no test names ${id(1)}`
    ],
    [
      "a MUST NOT that no test names",
      { files: [source, { ...test, text: `${id(1)} ${id(9)}` }] },
      `no test names ${id(2)}`
    ],
    [
      "a MUST that a source names alone",
      { files: [{ ...source, text: id(9) }, { ...test, text: `${id(1)} to ${id(2)}` }] },
      `no test names ${id(9)}`
    ],
    [
      "a reason for what a test names",
      { uncovered: { [id(1)]: "not built" }, mostUncovered: 1 },
      `a test names ${id(1)}`
    ],
    [
      "a reason for an unknown id",
      { uncovered: { [id(4)]: "not built" }, mostUncovered: 1 },
      `${id(4)} is no requirement`
    ],
    ["a reason for a SHOULD", { uncovered: { [id(3)]: "not built" }, mostUncovered: 1 }, `${id(3)} is no MUST`],
    [
      "a list that has grown",
      { files: [source, { ...test, text: `${id(1)} to ${id(2)}` }], uncovered: { [id(9)]: "not built" } },
      "the list may only shrink"
    ],
    ["a list that has shrunk, and may grow again", { mostUncovered: 1 }, "lower mostUncovered to 0"],
    [
      "an id that is defined twice",
      { requirements: `${specification}\n| ${id(1)} | MUST | again | P |\n` },
      "defined twice"
    ],
    ["a level that is none", { requirements: `${specification}\n| ${id(5)} | OUGHT | five | P |\n` }, `level "OUGHT"`]
  ]
  it.each(planted)("refuses %s", (_, more, breach) => {
    const found = breaches(more)
    assert.strictEqual(found.length, 1, found.join("\n"))
    assert.include(found.join(), breach)
  })

  it("takes a reason for a MUST that no test names", () =>
    assert.deepStrictEqual(
      breaches({
        files: [source, { ...test, text: `${id(1)} to ${id(2)}` }],
        uncovered: { [id(9)]: "not built" },
        mostUncovered: 1
      }),
      []
    ))
})

describe("citations", () => {
  const known = readRequirements(specification)
  it.each([
    ["in a range", `${id(1)} to ${id(9)}`, [1, 9, 2, 3]],
    ["in a range with dots", `${id(1)}…03`, [1, 3, 2]],
    ["in a range in short", `${id(1)} to -03`, [1, 3, 2]],
    ["one after the other", `${id(1)}, ${id(9)}`, [1, 9]],
    ["and what only looks like it", `${id(1)} 200 to 300`, [1]]
  ])(
    "ids %s",
    (_, text, numbers) => assert.deepStrictEqual([...citedIds(text, known)], numbers.map((number) => id(number)))
  )

  it("in short, as titles have them", () => {
    const family = ["MAT", "43"].join("-")
    assert.deepStrictEqual([...citedIds(`it("${family}: asks anew")`, known)], [`POSH-${family}`])
  })

  it.each([
    ["§1.2", ["1.2"]],
    ["§1.2–1.3", ["1.2", "1.3"]],
    ["§1.2, §8", ["1.2", "8"]],
    ["§8, stages connect and tls", ["8"]],
    ["A.3.10; and so on", ["A.3.10"]],
    ["§8.", ["8"]]
  ])("sections: %s", (words, numbers) => assert.deepStrictEqual([...citedSections(section(words))], numbers))

  it("sections across the lines of a comment", () =>
    assert.deepStrictEqual([...citedSections(["requirements", "§2.8"].join("\n * "))], ["2.8"]))

  it("sections are headings, and rows of an appendix", () =>
    assert.deepStrictEqual([...readSections(specification)], ["1.2", "A", "A.1"]))
})

describe("the table of codes", () => {
  const row = { verdict: "indeterminate", retryable: true, negativeTtl: "backoff" }
  const table =
    "| `ServerError` | 5xx | in | yes | 30↑ | no |\n| `CacheUnavailable` | reserved | (none) | – | – | – |\n"
  const codes = { ServerError: row }
  const later = { CacheUnavailable: "cannot fail" }

  it("has nothing against one that agrees", () => assert.deepStrictEqual(codeTableBreaches(table, codes, later), []))

  it.each([
    ["another verdict", { ServerError: { ...row, verdict: "mismatch" } }, later, /ServerError is mm, yes, 30↑ in code/],
    ["another time", { ServerError: { ...row, negativeTtl: 60 } }, later, /ServerError is in, yes, 60 in code/],
    ["another retry", { ServerError: { ...row, retryable: false } }, later, /ServerError is in, no, 30↑ in code/],
    ["a code of the table alone", codes, {}, /CacheUnavailable is in section 8 .* alone/],
    ["a code of the code alone", { ...codes, Cancelled: row }, later, /Cancelled is missing/]
  ])("refuses %s", (_, given, unreachable, breach) => {
    const found = codeTableBreaches(table, given, unreachable)
    assert.strictEqual(found.length, 1, found.join("\n"))
    assert.match(found.join(), breach)
  })
})
