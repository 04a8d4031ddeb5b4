import { assert, describe, it } from "@effect/vitest"
import { commandBreaches } from "../rules/commands.ts"

const workflow = `
permissions:
  contents: read
concurrency: one
jobs:
  all:
    name: All
    timeout-minutes: 1
    steps:
      - uses: actions/checkout@v6
      - run: npm ci && npm test
      - run: npm run all
      - run: node scripts/one.ts
`
const scripts = { "all": "npm run check:one && tsc", "check:one": "node scripts/one.ts", "test": "vitest run" }
const path = ".github/workflows/ci.yml"

const breaches = (
  text: string,
  more: { readonly path?: string; readonly scripts?: Readonly<Record<string, string>> } = {}
) =>
  commandBreaches({
    files: [{ path, text: workflow }, { path: more.path ?? path, text }],
    scripts: { ...scripts, ...more.scripts },
    exists: (name) => ["scripts/one.ts", "README.md"].includes(name)
  })

describe("what workflows, hooks and AGENTS.md run", () => {
  it("exists", () => {
    assert.deepStrictEqual(breaches(workflow), [])
    assert.deepStrictEqual(
      breaches("Run `npm run all`, see `scripts/one.ts` and README.md.", { path: "AGENTS.md" }),
      []
    )
  })

  it.each([
    ["AGENTS.md", "`npm run gone` and `npm run all`", "gone is no script of package.json"],
    ["AGENTS.md", "npm start", "start is no script of package.json"],
    ["AGENTS.md", "see `scripts/two.ts`", "scripts/two.ts does not exist"],
    ["AGENTS.md", "see OTHER.md", "OTHER.md does not exist"],
    [".githooks/pre-commit", "npm run --silent check:two", "check:two is no script of package.json"],
    [path, workflow.replace("one.ts", "gone.ts"), "scripts/gone.ts does not exist"],
    [path, workflow.replace("npm run all", "npm run every"), "every is no script of package.json"],
    [path, workflow.replace("  contents: read", "  contents: write"), "permissions are not contents: read"],
    [path, workflow.replace("permissions:\n  contents: read\n", ""), "permissions are not contents: read"],
    [path, workflow.replace("concurrency: one\n", ""), "no concurrency: runs of the same branch pile up"],
    [path, workflow.replace("    name: All\n", ""), "the job all has no name"],
    [path, workflow.replace("    timeout-minutes: 1\n", ""), "the job all may run for hours: no timeout-minutes"],
    [path, workflow.replace("@v6", "@main"), "actions/checkout@main names no version"],
    [".github/dependabot.yml", "a: [", "no YAML: "]
  ])("%s: a breach is found: %#", (file, text, breach) => {
    const [found, ...others] = breaches(text, { path: file })
    assert.isTrue(found?.startsWith(`${file}: ${breach}`), found)
    assert.deepStrictEqual(others, [])
  })

  it("is every check of package.json", () =>
    assert.deepStrictEqual(
      breaches("", { scripts: { "check:two": "", "test:unit": "", "start": "" }, path: "AGENTS.md" }),
      [
        "no workflow runs check:two",
        "no workflow runs test:unit"
      ]
    ))
})
