import { assert, describe, it } from "@effect/vitest"
import { isPrintable, printable, quote } from "../../src/encoding/quote.ts"

describe("text from strangers (SEC-14)", () => {
  it.each([
    ["plain", "im.example", "im.example"],
    ["letters beyond ASCII", "bücher 😀", "bücher 😀"],
    ["line ends", "a\r\nb", "a\\u{d}\\u{a}b"],
    ["terminal escapes", "\u001b[31m", "\\u{1b}[31m"],
    ["C1 controls", "\u0085", "\\u{85}"],
    ["text that runs backwards", "\u202eabc", "\\u{202e}abc"],
    ["a lone surrogate", "\ud800a", "\\u{d800}a"],
    ["line separators", "a\u2028\u2029", "a\\u{2028}\\u{2029}"]
  ])("%s", (_, text, expected) => assert.deepStrictEqual([printable(text), quote(text)], [expected, expected]))

  it("within quotation marks, those and the escape sign are escaped too", () =>
    assert.deepStrictEqual([printable(`"\\`), quote(`"\\`)], [`"\\`, "\\u{22}\\u{5c}"]))

  it.each([
    [256, "a".repeat(256), "a".repeat(256)],
    [256, "a".repeat(257), `${"a".repeat(256)}…`],
    [
      2,
      "a😀",
      "a…"
    ],
    [12, "\u0085\u0085", "\\u{85}\\u{85}"],
    [11, "\u0085\u0085", "\\u{85}…"]
  ])(
    "at most %i characters",
    (characters, text, expected) => assert.strictEqual(quote(text, characters), expected)
  )

  it("applied again, it stays the same, and is within its bound", () => {
    const texts = [
      "a\u0085".repeat(400),
      "\u{10ffff}".repeat(300),
      "😀".repeat(200),
      "\ud800",
      "x".repeat(10_000),
      `"\\`
    ]
    for (const text of texts) {
      const once = printable(text, 300)
      assert.strictEqual(printable(once, 300), once)
      assert.isAtMost(once.length, 301)
      assert.strictEqual(printable(quote(text, 250), 300), quote(text, 250))
      assert.isTrue(isPrintable(once))
    }
  })
})
