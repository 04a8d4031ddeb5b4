/** The commands of `docs/guides/capacity.md` run as they stand. */
import { assert, describe, it } from "@effect/vitest"
import { commandsOf } from "@posh/testing"
import { execFileSync } from "node:child_process"
import { join } from "node:path"

const root = join(import.meta.dirname, "../../../..")

describe("docs/guides/capacity.md", () => {
  for (const { line, script } of commandsOf("docs/guides/capacity.md")) {
    it(`the command of line ${line} simulates a fleet without a wrong answer`, () => {
      const output = execFileSync("sh", ["-euc", script], { cwd: root, encoding: "utf8" })
      assert.match(output, /^\| wrong answers \| 0 \|$/m)
    })
  }
})
