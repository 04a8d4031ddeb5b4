/** Responses that are not HTTP: each is refused with its reason, in the words of the parser (POSH-RES-48, RFC 9112). */
import { assert, layer } from "@effect/vitest"
import { Behave } from "@posh/testing"
import { Effect } from "effect"
import type { FetchCode } from "../../src/fetch/Fetcher.ts"
import { get, layerWeb } from "./world.ts"

type Octets = string | ReadonlyArray<string>

const ok = "HTTP/1.1 200 OK\r\n"
const length = "Content-Length: 2\r\n"
const good = `${ok}${length}\r\n{}`
const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`
const last = "0\r\n\r\n"

const lines: ReadonlyArray<readonly [what: string, octets: Octets, detail: string]> = [
  ["a folded field", `${ok}X: a\r\n b\r\n${length}\r\n{}`, "Unexpected whitespace after header value"],
  ["one folded by a tab", `${ok}X: a\r\n\tb\r\n${length}\r\n{}`, "Unexpected whitespace after header value"],
  ["a folded Content-Type", `${ok}Content-Type: a/b;\r\n c=d\r\n\r\n{}`, "Unexpected whitespace after header value"],
  ["a first field that is folded", `${ok} X: a\r\n\r\n{}`, "Unexpected space after start line"],
  ["LF alone", good.replaceAll("\r", ""), "Missing expected CR after response line"],
  ["LF alone after a field", `${ok}X: a\n${length}\r\n{}`, "Missing expected CR after header value"],
  ["LF alone at the end of the head", `${ok}${length}\n{}`, "a line after Content-Length is malformed"],
  ["CR alone after a field", `${ok}X: a\r${length}\r\n{}`, "Missing expected LF after header value"],
  ["NUL in a value", `${ok}X: a\0b\r\n\r\n{}`, "Invalid header value char"],
  ["a control character in a value", `${ok}X: a\x01b\r\n\r\n{}`, "Invalid header value char"],
  ["DEL in a value", `${ok}X: a\x7fb\r\n\r\n{}`, "Invalid header value char"],
  ["NUL after a length", `${ok}${length}X: a\0b\r\n\r\n{}`, "a line after Content-Length is malformed"],
  ["NUL in a name", `${ok}X\0: a\r\n\r\n{}`, "Invalid header token"],
  ["UTF-8 in a name", `${ok}\xc3\xa9: a\r\n\r\n{}`, "Invalid header token"],
  ["white space before a colon", `${ok}X : a\r\n\r\n{}`, "Invalid header token"],
  ["a field without a name", `${ok}: a\r\n\r\n{}`, "Invalid header token"],
  ["a field without a colon", `${ok}Xa\r\n\r\n{}`, "Invalid header token"],
  ["a head that is cut off", `${ok}X: a`, "the head is cut off"],
  ["a head that is too large", `${ok}X: ${"x".repeat(20_000)}\r\n\r\n`, "the head is too large"],
  ["interim responses without end", "HTTP/1.1 103 \r\n\r\n".repeat(20_000), "the head is too large"],

  ["a status that is no number", good.replace("200", "2xx"), "Invalid status code"],
  ["a status of two digits", good.replace("200", "20"), "Invalid status code"],
  ["a status of four digits", good.replace("200", "2000"), "Invalid response status"],
  ["a version that there is not", good.replace("1.1", "1.2"), "Invalid HTTP version"],
  ["a version without a point", good.replace("1.1", "2"), "Expected dot"],
  ["HTTP in lower case", good.replace("HTTP", "http"), "Expected HTTP/, RTSP/ or ICE/"],
  ["HTTP/0.9, without a head", "{\"fingerprints\":[]}", "Expected HTTP/, RTSP/ or ICE/"],
  ["HTML without a head", "<html></html>", "Expected HTTP/, RTSP/ or ICE/"],
  ["frames of HTTP/2", "\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0d", "Expected HTTP/, RTSP/ or ICE/"],
  ["a request", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "Expected HTTP/, RTSP/ or ICE/"],
  ["a byte order mark", `\xef\xbb\xbf${good}`, "Expected HTTP/, RTSP/ or ICE/"]
]

const twice = "Content-Length is there 2 times, with one value"
const contradictory = "Content-Length is there 2 times, with different values"
const lengths: typeof lines = [
  ["two lengths that agree", `${ok}${length}${length}\r\n{}`, twice],
  ["two lengths in one field", `${ok}Content-Length: 2, 2\r\n\r\n{}`, twice],
  ["two lengths that contradict one another", `${ok}${length}content-length:3\r\n\r\n{}`, contradictory],
  ["such lengths in one field", `${ok}Content-Length: 2,3\r\n\r\n{}`, contradictory],
  ["a negative length", `${ok}Content-Length: -2\r\n\r\n{}`, "Invalid character in Content-Length"],
  ["a length with a sign", `${ok}Content-Length: +2\r\n\r\n{}`, "Invalid character in Content-Length"],
  ["a length in words", `${ok}Content-Length: two\r\n\r\n{}`, "Invalid character in Content-Length"],
  ["a broken length", `${ok}Content-Length: 2.0\r\n\r\n{}`, "Content-Length is no number, or too large a one"],
  [
    "a vast length",
    `${ok}Content-Length: ${"9".repeat(30)}\r\n\r\n`,
    "Content-Length is no number, or too large a one"
  ],
  ["an empty length", `${ok}Content-Length:\r\n\r\n{}`, "Empty Content-Length"],
  [
    "a length, then chunks",
    `${ok}${length}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n${last}`,
    "Content-Length and Transfer-Encoding are both there"
  ],
  [
    "chunks, then a length",
    `${ok}Transfer-Encoding: chunked\r\n${length}\r\n2\r\n{}\r\n${last}`,
    "Content-Length can't be present with Transfer-Encoding"
  ]
]

const bodies: typeof lines = [
  ["a chunk without a size", `${chunked}\r\n{}\r\n${last}`, "Invalid character in chunk size"],
  ["a size that is no number", `${chunked}zz\r\n{}\r\n${last}`, "Invalid character in chunk size"],
  ["such a size in a later chunk", [`${chunked}1\r\n{\r\n`, `zz\r\n}\r\n${last}`], "Invalid character in chunk size"],
  ["a negative size", `${chunked}-2\r\n{}\r\n${last}`, "Invalid character in chunk size"],
  ["a size with a prefix", `${chunked}0x2\r\n{}\r\n${last}`, "Invalid character in chunk size"],
  ["a size and a blank", `${chunked}2 \r\n{}\r\n${last}`, "Invalid character in chunk size"],
  ["a size that overflows", `${chunked}${"f".repeat(17)}\r\n{}`, "Chunk size overflow"],
  ["LF alone after a size", `${chunked}2\n{}\r\n${last}`, "Missing expected CR after chunk size"],
  ["LF alone after a chunk", `${chunked}2\r\n{}\n${last}`, "Missing expected CR after chunk data"],
  ["a chunk that is shorter than its size", `${chunked}3\r\n{}\r\n${last}`, "Missing expected CR after chunk data"],
  ["a chunk that is longer than its size", `${chunked}1\r\n{}\r\n${last}`, "Expected LF after chunk data"],
  ["NUL in an extension", `${chunked}2;\0\r\n{}\r\n${last}`, "Invalid character in chunk extensions name"],
  ["NUL in a trailer", `${chunked}2\r\n{}\r\n0\r\nX\0: a\r\n\r\n`, "Invalid header token"],
  ["gzip as transfer coding", `${ok}Transfer-Encoding: gzip\r\n\r\n{}`, "Transfer-Encoding is other than chunked"],
  [
    "gzip in chunks",
    `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n${last}`,
    "Transfer-Encoding is other than chunked"
  ]
]

/** POSH-RES-48: what ended early is no less HTTP. */
const truncated: ReadonlyArray<readonly [what: string, octets: Octets]> = [
  ["less than its length", `${ok}Content-Length: 3\r\n\r\n{}`],
  ["less, and the end announced", `${ok}Connection: close\r\nContent-Length: 3\r\n\r\n{}`],
  ["no last chunk", `${chunked}2\r\n{}\r\n`],
  ["no last chunk, and the end announced", `${ok}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n`],
  ["half a chunk", `${chunked}3\r\n{`],
  ["no end of the trailers", `${chunked}2\r\n{}\r\n0\r\n`]
]

/** What is odd, and valid. */
const valid: ReadonlyArray<readonly [what: string, octets: Octets]> = [
  ["white space after a length", `${ok}Content-Length: 2  \r\n\r\n{}`],
  ["white space after a length, in pieces", [`${ok}Content-Length: 2 \r\n`, "\r\n{", "}"]],
  ["no reason phrase", `HTTP/1.1 200\r\n${length}\r\n{}`],
  ["blank lines before the status", `\r\n\r\n${good}`],
  ["more after the body", `${good}more`],
  ["another response after the body", `${good}${good}`],
  ["more after the last chunk", `${chunked}2\r\n{}\r\n${last}more`],
  ["the transfer coding identity", `${ok}Transfer-Encoding: identity\r\n\r\n{}`],
  ["chunks, said twice", `${ok}${"Transfer-Encoding: chunked\r\n".repeat(2)}\r\n2\r\n{}\r\n${last}`],
  ["chunks in capitals", `${ok}TRANSFER-ENCODING: Chunked\r\n\r\n2\r\n{}\r\n${last}`]
]

type Expected = readonly [code: FetchCode | "Answered", text: string]

const rows: ReadonlyArray<readonly [what: string, octets: Octets, expected: Expected]> = [
  ...[...lines, ...lengths, ...bodies].map(([what, octets, detail]) =>
    [what, octets, ["HttpProtocolError", detail]] as const
  ),
  ...truncated.map(([what, octets]) => [what, octets, ["BodyTruncated", ""]] as const),
  ...valid.map(([what, octets]) => [what, octets, ["Answered", "{}"]] as const)
]
const pathOf = (what: string) => encodeURI(`/${what}`)
const routes = Object.fromEntries(rows.map(([what, octets]) => [pathOf(what), Behave.octets(...[octets].flat())]))

layer(layerWeb({ "im.example": { routes } }), { excludeTestServices: true })("a response", (it) => {
  it.effect.each(rows)("%s", ([what, , expected]) =>
    Effect.gen(function*() {
      const found = yield* Effect.match(get({ host: "im.example", path: pathOf(what) }), {
        onFailure: ({ code, detail = "" }): Expected => [code, code === "BodyTruncated" ? "" : detail],
        onSuccess: ({ body }): Expected => ["Answered", Buffer.from(body).toString()]
      })
      assert.deepStrictEqual(found, expected)
    }))

  it.effect("no text of the origin gets into the reason, and the status does (POSH-SEC-14)", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(get({ host: "im.example", path: pathOf("a size that is no number") }))
      assert.deepStrictEqual([error.status, error.message.includes("zz")], [200, false])
    }))
})
