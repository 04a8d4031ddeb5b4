/** Requirements on callers and publishers: this project cannot enforce them, so the guides state them. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"

const rows: ReadonlyArray<readonly [id: string, page: string]> = [
  ["POSH-REQ-03", "concepts"],
  ["POSH-REQ-05", "concepts"],
  ["POSH-REQ-09", "concepts"],
  ["POSH-SEC-01", "concepts"],
  ["POSH-SEC-01", "threat-model"],
  ["POSH-PUB-01", "publish"],
  ["POSH-PUB-02", "publish"],
  ["POSH-PUB-14", "publish"],
  ["POSH-PUB-17", "publish"],
  ["POSH-PUB-18", "publish"]
]

describe("the guides state what callers and publishers have to do", () => {
  it.each(rows)("%s in docs/guides/%s.md", (id, page) => {
    const guide = new URL(`../../docs/guides/${page}.md`, import.meta.url)
    assert.include(readFileSync(guide, "utf8"), id)
  })
})
