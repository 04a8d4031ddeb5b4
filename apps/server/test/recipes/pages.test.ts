/** The pages of the recipes show the files that are run, and none is left out of the tests. */
import { assert, describe, it } from "@effect/vitest"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { cases } from "./cases.ts"
import { behaviours } from "./hostile.ts"
import { commandsFor, languages, read } from "./languages.ts"

const folder = "docs/guides/clients"

describe("the pages of the recipes", () => {
  it.each(languages)("$page shows its file, and how to run it", (language) => {
    const { fence, file, folder: name, page } = language
    const text = read(page)
    const shown = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, kind]) => kind === fence)
    assert.deepStrictEqual(shown.map(([, , code]) => code), [read(join(folder, name, file))])
    assert.include(text, `[${name}/${file}](${name}/${file})`)
    assert.isNotEmpty(commandsFor(language).packages)
  })

  it("none is left out: of the files, of the index, of what a service can do", () => {
    const files = readdirSync(join(import.meta.dirname, "../../../..", folder), { recursive: true, encoding: "utf8" })
    const recipes = files.filter((path) => /\/accept\.\w+$/i.test(path))
    assert.sameMembers(recipes, languages.map(({ file, folder }) => `${folder}/${file}`))
    const index = read(`${folder}/README.md`)
    for (const { page } of languages) assert.include(index, `](${page.slice(folder.length + 1)})`)
    const asked = cases.flatMap(({ asked }) => typeof asked === "object" ? [asked.behaviour] : [])
    assert.sameMembers(asked, Object.keys(behaviours))
  })

  it("says which recipes check by themselves", () => {
    const index = read(`${folder}/README.md`)
    for (const { checksItself, folder } of languages) {
      const cell = checksItself ? "by itself, then asks" : "the service does it (`pkix`)"
      assert.include(index, `](${folder}.md) | ${cell} |`)
    }
  })
})
