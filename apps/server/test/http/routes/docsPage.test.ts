/**
 * The page of the documentation: structure, anchors, examples, colours, and nothing that is wider than a phone.
 */
import { assert, describe, it } from "@effect/vitest"
import { makeOpenApi } from "@posh/api"
import { docsStyle, renderDocs } from "../../../src/http/routes/docsPage.ts"
import { examples } from "../../../src/http/routes/examples.ts"

const spec = makeOpenApi()
const page = renderDocs(spec)
const all = (pattern: RegExp, text = page): ReadonlyArray<string> =>
  [...text.matchAll(pattern)].map(([, found = ""]) => found)
const operationIds = Object.values(spec.paths).flatMap(({ delete: forget, get, post }) =>
  [get, post, forget].flatMap((operation) => operation?.operationId ?? [])
)

/** The part of one operation or message. */
const sectionOf = (id: string): string => {
  const start = page.indexOf(`<section id="${id}">`)
  assert.isAtLeast(start, 0, id)
  return page.slice(start, page.indexOf("</section>", start))
}

describe("the page of the documentation", () => {
  it("has a header, contents and a main part, and each element is closed in order", () => {
    for (const element of ["header", "nav", "main", "h1"]) assert.lengthOf(all(new RegExp(`(<${element}[ >])`, "g")), 1)
    const empty = new Set(["meta", "link", "br", "!doctype"])
    const open: Array<string> = []
    for (const [, slash, name = ""] of page.matchAll(/<(\/?)([!a-z][a-z0-9]*)[^>]*>/g)) {
      if (empty.has(name)) continue
      if (slash === "") open.push(name)
      else assert.strictEqual(open.pop(), name)
    }
    assert.deepStrictEqual(open, [])
  })

  it("has an anchor for each operation, group and message; each link leads to one, and no two are equal", () => {
    const anchors = all(/ id="([^"]+)"/g)
    assert.strictEqual(new Set(anchors).size, anchors.length)
    const groups = spec.tags.map(({ name }) => name.toLowerCase())
    assert.includeMembers([...anchors], [...operationIds, ...groups, ...Object.keys(spec.components.schemas), "keys"])
    const [contents = ""] = all(/<nav[^>]*>([\s\S]*)<\/nav>/g)
    assert.includeMembers([...all(/href="#([^"]+)"/g, contents)], [...operationIds, ...groups, "keys", "messages"])
    for (const link of all(/href="#([^"]+)"/g)) assert.include(anchors, link)
  })

  it("has no heading that skips a level", () => {
    const levels = all(/<h(\d)/g).map(Number)
    levels.forEach((level, index) => assert.isAtMost(level, (levels[index - 1] ?? 0) + 1))
  })

  it.each(operationIds)("%s has its example, and headings between what it takes and what it answers", (id) => {
    const section = sectionOf(id)
    const titles = all(/<h4>([^<]+)/g, section)
    assert.deepStrictEqual(
      titles,
      ["Parameters", "Body", "Answers", "Example"].filter((title) => titles.includes(title))
    )
    assert.includeMembers([...titles], ["Answers", "Example"])
    const command = examples[id]?.command.split("\n")[0]?.slice(0, 20).replaceAll("\"", "&quot;")
    assert.include(section, `<pre><code>${command}`)
    assert.include(section, "href=\"#keys\"")
  })

  it("has heads for the columns of each table and for each row", () => {
    const tables = all(/<table>([\s\S]*?)<\/table>/g)
    assert.isAbove(tables.length, 20)
    for (const table of tables) {
      const columns = all(/(<th scope="col">)/g, table).length
      assert.strictEqual(columns, 3)
      for (const row of all(/<tr>(<th scope="row">.*)<\/tr>/g, table)) {
        assert.strictEqual(row.split(/<t[hd][ >]/).length - 1, columns)
      }
    }
  })

  it("lists no parameter that is only there to be refused", () => {
    const section = sectionOf("verification.verifyByFingerprint")
    assert.include(section, "<code>maxAge</code>")
    for (const name of ["nameCheck", "chainCheck", "Rejected", "Refused"]) assert.notInclude(section, name)
  })

  it("escapes what the contract says", () => {
    const html = renderDocs({ ...spec, info: { ...spec.info, title: "<script>", description: "a & b `<c>`" } })
    assert.notInclude(html, "<script>")
    assert.include(html, "a &amp; b <code>&lt;c&gt;</code>")
  })
})

describe("its style", () => {
  /** WCAG 2.2: relative luminance of `#rrggbb`. */
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
      return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const contrast = (left: string, right: string): number => {
    const [dark = 0, light = 0] = [luminance(left), luminance(right)].toSorted((one, other) => one - other)
    return (light + 0.05) / (dark + 0.05)
  }
  const themes = all(/(--ground:[^}]*)/g, docsStyle).map((theme) =>
    Object.fromEntries([...theme.matchAll(/--(\w+): (#[0-9a-f]{6})/g)].map(([, name, colour]) => [name, colour]))
  )

  it("knows the contrast of known pairs", () => {
    assert.closeTo(contrast("#888888", "#ffffff"), 3.54, 0.01)
    assert.closeTo(contrast("#000000", "#ffffff"), 21, 0.01)
  })

  it.each([["light", 0], ["dark", 1]])("is readable when %s", (_, index) => {
    const { block = "", ground = "", link = "", quiet = "", text = "" } = themes[index] ?? {}
    for (const colour of [text, quiet, link]) assert.isAtLeast(contrast(colour, ground), 4.5)
    assert.isAtLeast(contrast(text, block), 4.5)
  })

  it("uses no colour beside these", () => {
    assert.lengthOf(all(/(#[0-9a-f]{3,8})/g, docsStyle), themes.length * 6)
  })

  it("lets long words break, and gives nothing a width that a phone lacks", () => {
    assert.match(docsStyle, /body \{[^}]*overflow-wrap: anywhere/)
    assert.match(docsStyle, /pre \{[^}]*white-space: pre-wrap/)
    assert.notMatch(docsStyle, /white-space: (nowrap|pre;)/)
    const [narrow = ""] = docsStyle.split("@media (min-width")
    assert.notMatch(narrow, /[^-]min-width:|[^-]width: \d+(\.\d+)?(px|rem|em|vw)/)
  })
})
