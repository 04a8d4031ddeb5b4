import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { type Json, JsonNumber, JsonObject, parseJson } from "../../src/encoding/json.ts"

const octets = (text: string) => new TextEncoder().encode(text)

/** Values in JavaScript; objects as lists of members, so `__proto__` is visible. */
const plain = (value: Json): unknown => {
  if (value instanceof JsonNumber) return { number: value.text }
  if (value instanceof JsonObject) return { members: [...value].map(([name, member]) => [name, plain(member)]) }
  return Array.isArray(value) ? value.map(plain) : value
}

const parse = (input: string | Uint8Array): unknown =>
  Result.match(parseJson(typeof input === "string" ? octets(input) : input), {
    onFailure: ({ code }) => code,
    onSuccess: ({ value }) => plain(value)
  })

describe("values (RFC 8259)", () => {
  it.each<[string, string, unknown]>([
    ["literals", "[null,true,false]", [null, true, false]],
    ["white space of all kinds", " \t\r\n[ 1\n,\t2 ]\r", [{ number: "1" }, { number: "2" }]],
    ["empty containers", "[[],{}]", [[], { members: [] }]],
    ["members in order", `{"b":1,"a":2}`, { members: [["b", { number: "1" }], ["a", { number: "2" }]] }],
    ["numbers as written", "[-0,0.10,6.048e5,1E+2,1e-2]", [
      { number: "-0" },
      { number: "0.10" },
      { number: "6.048e5" },
      { number: "1E+2" },
      { number: "1e-2" }
    ]],
    ["simple escapes", `"\\"\\\\\\/\\b\\f\\n\\r\\t"`, "\"\\/\b\f\n\r\t"],
    ["escaped code units", `"\\u0041\\u00e9\\ud83d\\ude00"`, "Aé😀"],
    ["text around escapes", `"a\\nb\\u0063d"`, "a\nbcd"],
    ["DEL and C1 controls are no controls here", `"\u007f\u0085"`, "\u007f\u0085"],
    ["a lone surrogate, escaped", `"\\ud800x"`, "\ud800x"],
    ["FMT-07 __proto__ is a name like others", `{"__proto__":{"keys":[]}}`, {
      members: [["__proto__", { members: [["keys", []]] }]]
    }],
    ["FMT-05 names differ by case", `{"Keys":1,"keys":2}`, {
      members: [["Keys", { number: "1" }], ["keys", { number: "2" }]]
    }]
  ])("%s", (_, text, expected) => assert.deepStrictEqual(parse(text), expected))
})

describe("what is no JSON (FMT-02)", () => {
  it.each([
    ["nothing", ""],
    ["white space alone", " \n"],
    ["two values", "{}{}"],
    ["something after", "{} x"],
    ["a null octet after", "{}\u0000"],
    ["comments", "{/* */}"],
    ["a comma at the end of an array", "[1,]"],
    ["a comma at the end of an object", `{"a":1,}`],
    ["a comma at the start", "[,1]"],
    ["no comma", "[1 2]"],
    ["no colon", `{"a" 1}`],
    ["no value", `{"a":}`],
    ["a name that is no string", "{a:1}"],
    ["single quotes", "{'a':1}"],
    ["NaN", "NaN"],
    ["Infinity", "-Infinity"],
    ["a leading zero", "01"],
    ["a leading plus", "+1"],
    ["a fraction without digits", "1."],
    ["a fraction without an integer", ".5"],
    ["an exponent without digits", "1e"],
    ["hexadecimal", "0x10"],
    ["a literal cut off", "tru"],
    ["a literal in capitals", "True"],
    ["an array without end", "[1"],
    ["an object without end", `{"a":1`],
    ["the wrong bracket", "[1}"],
    ["a string without end", `"abc`],
    ["a string that ends in an escape", `"abc\\`],
    ["an unknown escape", `"\\x41"`],
    ["an escape of three digits", `"\\u004"`],
    ["an escape of letters", `"\\u00zz"`],
    ["a raw line break in a string", `"a\nb"`],
    ["a raw tab in a string", `"a\tb"`],
    ["a raw null in a string", `"a\u0000b"`],
    ["the last control character in a string", `"\u001f"`],
    ["a no-break space", "\u00a0{}"],
    ["a byte order mark inside", "[\ufeff1]"],
    ["two byte order marks", "\ufeff\ufeff{}"]
  ])("%s", (_, text) => assert.strictEqual(parse(text), "InvalidJson"))

  it("says where and what, escaped", () =>
    assert.deepStrictEqual(
      Result.getOrUndefined(Result.flip(parseJson(octets(`{"a"\u202e`))))?.detail,
      `character 4: expected a colon, found "\\u{202e}"`
    ))
})

describe("octets (FMT-01)", () => {
  it.each([
    ["a lone continuation", [0x22, 0x80, 0x22]],
    ["a sequence cut off", [0x22, 0xc3, 0x22]],
    ["an overlong form", [0x22, 0xc0, 0xaf, 0x22]],
    ["a surrogate", [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ["beyond U+10FFFF", [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]],
    ["UTF-16", [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]]
  ])("%s", (_, bytes) => assert.strictEqual(parse(Uint8Array.from(bytes)), "InvalidEncoding"))

  it.each([["with", "\ufeff{}", true], ["without", "{}", false]])("%s a byte order mark", (_, text, expected) => {
    const document = Result.getOrThrow(parseJson(octets(text)))
    assert.strictEqual(document.byteOrderMark, expected)
    assert.deepStrictEqual(plain(document.value), { members: [] })
  })

  it("reads a view, not the buffer under it", () =>
    assert.deepStrictEqual(parse(octets("x[true]x").subarray(1, 7)), [true]))
})

describe("members that occur twice (FMT-03)", () => {
  it.each([
    ["none", `{"a":1,"b":{"a":1}}`, undefined],
    ["one", `{"a":1,"b":2,"a":1}`, "a"],
    ["the first of two", `{"a":1,"b":2,"b":1,"a":1}`, "b"],
    ["spelt differently", `{"a":1,"\\u0061":1}`, "a"],
    ["empty names", `{"":1,"":1}`, ""],
    ["__proto__", `{"__proto__":1,"__proto__":1}`, "__proto__"]
  ])("%s", (_, text, expected) => {
    const { value } = Result.getOrThrow(parseJson(octets(text)))
    assert.strictEqual(value instanceof JsonObject ? value.duplicate : "no object", expected)
  })
})

describe("nesting (FMT-08, 8.1)", () => {
  const arrays = (depth: number) => "[".repeat(depth) + "]".repeat(depth)
  const objects = (depth: number) => `${`{"a":`.repeat(depth)}1${"}".repeat(depth)}`

  it.each([
    ["16 arrays", arrays(16), true],
    ["17 arrays", arrays(17), false],
    ["16 objects", objects(16), true],
    ["17 objects", objects(17), false],
    ["16 of both", `${`[{"a":`.repeat(8)}1${"}]".repeat(8)}`, true],
    ["17 of both", `[${`[{"a":`.repeat(8)}1${"}]".repeat(8)}]`, false],
    ["siblings are not nested", `[${Array.from({ length: 100 }, () => arrays(15)).join()}]`, true],
    ["100,000 arrays", arrays(100_000), false],
    ["100,000 arrays without end", "[".repeat(100_000), false],
    ["100,000 objects", objects(100_000), false]
  ])("%s", (_, text, allowed) => assert.strictEqual(parse(text) === "LimitExceeded", !allowed))
})
