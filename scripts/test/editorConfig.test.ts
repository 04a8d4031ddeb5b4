import { assert, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "../..")

it("editors format as dprint does", () => {
  const output = execFileSync("npx", ["dprint", "output-resolved-config"], { cwd: root, encoding: "utf8" })
  const config: { readonly typescript: Record<string, unknown> } = JSON.parse(output)
  const text = readFileSync(join(root, ".editorconfig"), "utf8")
  const settings = Object.fromEntries([...text.matchAll(/^(\w+) = (\S+)$/gm)].map(([, name, value]) => [name, value]))
  assert.strictEqual(settings["indent_size"], String(config.typescript["indentWidth"]))
  assert.strictEqual(settings["indent_style"] === "tab", config.typescript["useTabs"])
  assert.strictEqual(settings["max_line_length"], String(config.typescript["lineWidth"]))
  assert.strictEqual(settings["end_of_line"], config.typescript["newLineKind"])
})
