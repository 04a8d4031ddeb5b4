import { assert, describe, it } from "@effect/vitest"
import { labFolderBreaches } from "../rules/labFolders.ts"

const importing = (path: string, ...specifiers: ReadonlyArray<string>) => ({
  path: `apps/lab/${path}`,
  text: specifiers.map((specifier) => `import type { A } from "${specifier}"\n`).join("")
})

describe("the measurements of the lab", () => {
  it.each<[string, string]>([
    ["src/bench/warm.ts", "../reliability/load.ts"],
    ["src/bench/warm.ts", "../abuse/honest.ts"],
    ["src/reliability/run.ts", "../bench/load.ts"],
    ["src/reliability/soak/run.ts", "../../abuse/service.ts"],
    ["src/abuse/attacks/bodies.ts", "../../bench/load.ts"],
    ["test/abuse/abuse.test.ts", "../../src/reliability/run.ts"],
    ["src/simulate/simulate.ts", "../bench/load.ts"],
    ["src/bench/warm.ts", "../simulate/Zipf.ts"],
    ["src/service.ts", "./bench/load.ts"]
  ])("do not import each other, nor what they share imports one: %s -> %s", (path, specifier) => {
    assert.lengthOf(labFolderBreaches([importing(path, specifier)]), 1)
  })

  it.each<[string, string]>([
    ["src/bench/warm.ts", "./load.ts"],
    ["src/bench/warm.ts", "../process.ts"],
    ["src/reliability/soak/run.ts", "../fleet.ts"],
    ["src/abuse/attacks/bodies.ts", "../connections.ts"],
    ["test/abuse/abuse.test.ts", "../../src/abuse/abuse.ts"],
    ["test/process.test.ts", "../src/process.ts"]
  ])("import themselves and what they share: %s -> %s", (path, specifier) => {
    assert.deepStrictEqual(labFolderBreaches([importing(path, specifier)]), [])
  })

  it("count exports, imports for effect and dynamic imports", () => {
    const path = "apps/lab/src/bench/main.ts"
    const text = `export * from "../abuse/page.ts"\nimport "../abuse/main.ts"\nawait import("../reliability/main.ts")\n`
    assert.lengthOf(labFolderBreaches([{ path, text }]), 3)
  })
})
