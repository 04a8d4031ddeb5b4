import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"

type Files = Readonly<Record<string, string>>

const circle = (back: string): Files => ({
  "one.ts": `import type { Two } from "./two.ts"\nexport interface One {\n  readonly two?: Two\n}\n`,
  "two.ts": back
})

/** Lints files by the project's own configuration: the exit code, and what is said. */
const lint = (files: Files): { readonly status: number | null; readonly output: string } => {
  const directory = mkdtempSync(join(tmpdir(), "circles-"))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  const oxlint = resolve("node_modules/oxlint/bin/oxlint")
  const { status, stdout } = spawnSync(
    process.execPath,
    [oxlint, "--deny-warnings", "--config", resolve(".oxlintrc.json"), "."],
    { cwd: directory, encoding: "utf8" }
  )
  rmSync(directory, { recursive: true })
  return { status, output: stdout }
}

describe("import circles", () => {
  it.each<[string, string]>([
    ["of types", `import type { One } from "./one.ts"\nexport interface Two {\n  readonly one?: One\n}\n`],
    ["of a type beside a value", `import { type One, one } from "./one.ts"\nexport const two: One = one\n`],
    ["by an export of a type", `export type { One } from "./one.ts"\nexport interface Two {}\n`],
    ["by an export of everything", `export * from "./one.ts"\nexport interface Two {}\n`]
  ])("are refused: %s", (_name, back) => {
    const { output, status } = lint(circle(back))
    assert.include(output, "import(no-cycle)")
    assert.strictEqual(status, 1)
  })

  it("are no two files of which one imports the other", () => {
    assert.strictEqual(lint(circle("export interface Two {\n  readonly one?: string\n}\n")).status, 0)
  })
})
