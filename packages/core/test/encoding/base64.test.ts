import { assert, describe, it } from "@effect/vitest"
import {
  decodeBase64,
  decodeBase64Url,
  decodeUnpaddedBase64,
  fromHex,
  toBase64,
  toHex
} from "../../src/encoding/base64.ts"

const hex = (octets: Uint8Array | undefined) => octets === undefined ? undefined : Buffer.from(octets).toString("hex")

describe("decodeBase64 (FMT-09)", () => {
  it.each([
    ["RFC 4648 §10: nothing", "", ""],
    ["RFC 4648 §10: one octet", "Zg==", "66"],
    ["RFC 4648 §10: two", "Zm8=", "666f"],
    ["RFC 4648 §10: three", "Zm9v", "666f6f"],
    ["RFC 4648 §10: six", "Zm9vYmFy", "666f6f626172"],
    ["the last characters of the alphabet", "++//", "fbefff"],
    ["missing padding", "Zg", undefined],
    ["half the padding", "Zg=", undefined],
    ["too much padding", "Zm8==", undefined],
    ["padding where none belongs", "Zm9v====", undefined],
    ["padding alone", "====", undefined],
    ["three signs of padding", "Z===", undefined],
    ["padding in the middle", "Zg==Zg==", undefined],
    ["one character more", "Zm9vY", undefined],
    ["unused bits of one octet", "Zh==", undefined],
    ["unused bits of two octets", "Zm9=", undefined],
    ["base64url", "-_-_", undefined],
    ["space", "Zm9v Zm9v", undefined],
    ["space that keeps the length", "Zm9 ", undefined],
    ["line break at the end", "Zm9v\n", undefined],
    ["line break that keeps the length", "Zm8\n", undefined],
    ["tab", "\tZm9", undefined],
    ["null", "Zm9\u0000", undefined],
    ["letters beyond ASCII", "Zmñv", undefined],
    ["full-width letters", "Ｚｍ９ｖ", undefined]
  ])("%s", (_, text, expected) => assert.strictEqual(hex(decodeBase64(text)), expected))
})

describe("decodeUnpaddedBase64 (FMT-45)", () => {
  it.each([
    ["padded", "Zm8=", "666f", false],
    ["needs none", "Zm9v", "666f6f", false],
    ["one = missing", "Zm8", "666f", true],
    ["both = missing", "Zg", "66", true],
    ["one of two = missing", "Zg=", "66", true],
    ["too much padding", "Zm8==", undefined, undefined],
    ["padding where none belongs", "Zm9v=", undefined, undefined],
    ["one character more", "Zm9vY", undefined, undefined],
    ["unused bits", "Zh", undefined, undefined],
    ["base64url", "-_-_", undefined, undefined],
    ["space", "Zg ", undefined, undefined]
  ])("%s", (_, text, octets, unpadded) => {
    const decoded = decodeUnpaddedBase64(text)
    assert.deepStrictEqual([hex(decoded?.octets), decoded?.unpadded], [octets, unpadded])
  })
})

describe("decodeBase64Url (FMT-10)", () => {
  it.each([
    ["nothing", "", ""],
    ["one octet", "Zg", "66"],
    ["two", "Zm8", "666f"],
    ["three", "Zm9v", "666f6f"],
    ["the last characters of the alphabet", "--__", "fbefff"],
    ["padding", "Zg==", undefined],
    ["+", "++++", undefined],
    ["/", "////", undefined],
    ["one character more", "Zm9vY", undefined],
    ["unused bits", "Zh", undefined],
    ["space", "Zm 8", undefined]
  ])("%s", (_, text, expected) => assert.strictEqual(hex(decodeBase64Url(text)), expected))
})

describe("hex", () => {
  it.each([
    ["nothing", "", ""],
    ["lower case", "00ff", "00ff"],
    ["upper case", "00FF", "00ff"],
    ["odd", "0ff", undefined],
    ["separators", "00:ff", undefined],
    ["0x", "0x00", undefined],
    ["not a digit", "0g", undefined]
  ])("%s", (_, text, expected) => assert.strictEqual(hex(fromHex(text)), expected))
})

it.each(["A", "Zm"])("the last of %s and one more character carries no unused bits (RFC 4648 §3.5)", (start) => {
  for (const last of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
    const text = (start + last).padEnd(4, "=")
    const isWritten = Buffer.from(text, "base64").toString("base64") === text
    assert.strictEqual(decodeBase64(text) !== undefined, isWritten, text)
  }
})

it("what is written is the octets of the view alone", () => {
  const octets = Uint8Array.of(9, 0xfb, 0xef, 0xff, 9).subarray(1, 4)
  assert.deepStrictEqual([toBase64(octets), toHex(octets)], ["++//", "fbefff"])
})

it("decoded octets have a buffer of their own, so that keeping them keeps nothing else alive", () =>
  assert.strictEqual(decodeBase64("Zm9v")?.buffer.byteLength, 3))
