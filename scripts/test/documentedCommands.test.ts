import { assert, describe, it } from "@effect/vitest"
import { isDocumented, parseBlocks } from "../../packages/testing/src/documented/commands.ts"
import { documentedCommandBreaches } from "../rules/documentedCommands.ts"

const page = ["# A", "", "```sh", "one", "```", "", "```text", "answer", "```", "", "```sh", "two", "```", ""].join(
  "\n"
)
const runner = `import { commandsOf } from "x"\nconst commands = commandsOf("docs/a.md")`

const breaches = (
  { begins = [], runs = "test.ts", text = page, tested = runner }: {
    readonly begins?: ReadonlyArray<string>
    readonly runs?: string
    readonly text?: string
    readonly tested?: string
  }
) =>
  documentedCommandBreaches({
    pages: [{ path: "docs/a.md", text }],
    runners: new Map([["docs/a.md", runs]]),
    notRun: begins.map((begins) => ({ page: "docs/a.md", begins, why: "x" })),
    read: (path) => path === "test.ts" ? tested : ""
  })

describe("commands of the documentation", () => {
  it.each([
    ["are run by the test of their page", {}, []],
    ["are refused without one", { runs: "gone.ts" }, ["docs/a.md:4: nothing runs"]],
    ["are refused where the test names another page", { tested: runner.replace("a.md", "b.md") }, [
      "docs/a.md:4: noth"
    ]],
    ["are refused where the test takes what it likes", { tested: `read("docs/a.md")` }, ["docs/a.md:4: nothing"]],
    ["need no test where each has a reason", { runs: "gone.ts", begins: ["one", "two"] }, []],
    ["need one where one has no reason", { runs: "gone.ts", begins: ["one"] }, ["docs/a.md:12: nothing runs"]],
    ["have no reason that is about nothing", { begins: ["three"] }, ["docs/a.md: 0 commands begin"]],
    ["have no reason that is about several", { begins: [""] }, ["docs/a.md: 2 commands begin"]],
    ["are found by each name of a shell", { text: "```bash\none\n```\n", runs: "" }, ["docs/a.md:2: nothing runs"]],
    ["are not those of a script to be copied", { text: "```bash\n#!/bin/sh\none\n```\n", runs: "" }, []]
  ])("%s", (_, world, expected) => {
    const found = breaches(world)
    assert.strictEqual(found.length, expected.length, found.join())
    for (const [index, start] of expected.entries()) assert.isTrue(found[index]?.startsWith(start), found[index])
  })

  it("have lines, and answers in which something may differ", () => {
    assert.deepStrictEqual(parseBlocks(page).map(({ kind, line }) => [kind, line]), [["sh", 4], ["text", 8], [
      "sh",
      12
    ]])
    assert.isTrue(isDocumented("key: abc\n", "key: …\n"))
    assert.isFalse(isDocumented("key: \n", "key: …\n"))
    assert.isFalse(isDocumented("a.c\n", "abc\n"))
    assert.isFalse(isDocumented("abc\n", "a.c\n"))
  })
})
