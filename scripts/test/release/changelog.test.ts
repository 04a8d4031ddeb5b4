import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type Plan, versionOf, withSection } from "../../release/changelog.ts"
import { withoutVersion } from "../../release/places.ts"

const plan: Plan = {
  changesets: [
    { summary: "Answer faster.\n", releases: [{ name: "@posh/server", type: "patch" }] },
    {
      summary: "Ask DANE too.\n\nOff by default.",
      releases: [{ name: "@posh/core", type: "minor" }, { name: "@posh/server", type: "patch" }]
    },
    { summary: "Refuse SHA-1.", releases: [{ name: "@posh/core", type: "major" }] },
    { summary: "Move a file.", releases: [] }
  ],
  releases: [{ name: "@posh/core", newVersion: "1.0.0" }, { name: "@posh/server", newVersion: "1.0.0" }]
}

const section = `## 1.0.0

### What callers have to change

- Refuse SHA-1.

### New

- Ask DANE too.

  Off by default.

### Better

- Answer faster.
`

describe("the changelog", () => {
  it.each([
    ["its first section", "# Changelog\n\nText.\n", `# Changelog\n\nText.\n\n${section}`],
    ["one above the others", "# Changelog\n\n## 0.1.0\n\n- All.\n", `# Changelog\n\n${section}\n## 0.1.0\n\n- All.\n`]
  ])("gets %s", (_, before, after) => assert.strictEqual(withSection(before, plan), after))

  it("has one version", () => {
    assert.throws(() => versionOf({ ...plan, releases: [] }), /no version in common/)
    const releases = [...plan.releases, { name: "@posh/api", newVersion: "0.2.0" }]
    assert.throws(() => versionOf({ ...plan, releases }), /no version in common/)
  })
})

describe("the version", () => {
  const root = join(import.meta.dirname, "../../..")
  const { version }: { readonly version: string } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

  it("stands wherever a release raises it", () => assert.deepStrictEqual(withoutVersion(root, version), []))

  it("is missed where it does not stand", () =>
    assert.include(withoutVersion(root, "9.9.9"), `apps/server/src/process/version.ts: productVersion = "9.9.9"`))

  it("has a section in the changelog", () =>
    assert.include(readFileSync(join(root, "CHANGELOG.md"), "utf8"), `\n## ${version}\n`))
})
