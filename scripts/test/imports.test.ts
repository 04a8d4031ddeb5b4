import { assert, describe, it } from "@effect/vitest"
import { inlineTypeBreaches, packageBreaches } from "../rules/imports.ts"

const core = "packages/core/src"
const file = (path: string, text: string) => ({ path, text })
const importing = (path: string, specifier: string) => file(path, `import type { A } from "${specifier}"\n`)

describe("what a package may know", () => {
  it.each<[string, string]>([
    [`${core}/fetch/Fetcher.ts`, "undici"],
    [`${core}/fetch/Fetcher.ts`, "node:https"],
    ["packages/api/src/Api.ts", "@posh/core"],
    ["packages/testing/src/world.ts", "@posh/core"],
    ["apps/server/src/App.ts", "@posh/testing"],
    [`${core}/fetch/Fetcher.ts`, "../../../api/src/Api.ts"],
    [`${core}/node/Dial.ts`, "net"]
  ])("is not %s -> %s", (path, specifier) => {
    assert.isNotEmpty(packageBreaches([importing(path, specifier)]))
  })
})

describe("types", () => {
  it("are not imported in place, where the linter follows no circle", () => {
    const found = inlineTypeBreaches([file("a.ts", `export type B = ${"import"}("./b.ts").B\n`)])
    assert.lengthOf(found, 1)
    assert.deepStrictEqual(inlineTypeBreaches([file("a.ts", `${"import"}("./b.ts").then(f)\n`)]), [])
  })
})
