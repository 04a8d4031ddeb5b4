import { assert, describe, it } from "@effect/vitest"
import { greenhouse, seedCa, seedExample1, seedLeaf } from "@posh/testing"
import { Result } from "effect"
import { parsePemOrBase64 } from "../../src/x509/pem.ts"

const base64 = (der: Uint8Array) => Buffer.from(der).toString("base64")
const wrap = (text: string, end: string) => text.replace(/(.{64})(?!$)/g, `$1${end}`)
const pem = (der: Uint8Array, { end = "\n", label = "CERTIFICATE" } = {}) =>
  `-----BEGIN ${label}-----${end}${wrap(base64(der), end)}${end}-----END ${label}-----${end}`

const { current, next } = greenhouse
const leaf = seedLeaf(seedExample1)
const secret = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v"

describe("parsePemOrBase64", () => {
  it.each<[string, string, ReadonlyArray<Uint8Array>]>([
    ["base64 of DER", base64(next), [next]],
    ["one block", pem(next), [next]],
    ["CRLF", pem(next, { end: "\r\n" }), [next]],
    ["CR alone", pem(next, { end: "\r" }), [next]],
    ["one long line", `-----BEGIN CERTIFICATE-----\n${base64(next)}\n-----END CERTIFICATE-----`, [next]],
    ["lines of two lengths", pem(next).replace("\nMII", "\nM\nII"), [next]],
    ["no line end at the end", pem(next).trimEnd(), [next]],
    ["several blocks in order", pem(leaf) + pem(seedCa), [leaf, seedCa]],
    ["blank lines around", `\n\n${pem(current)}\n\n${pem(next)}\n`, [current, next]],
    ["explanatory text around", `subject=CN = a\n${pem(current)}issuer: -----\n${pem(next)}end`, [current, next]],
    ["white space after BEGIN", pem(next).replace("E-----\n", "E----- \t\n"), [next]]
  ])("%s", (_, text, expected) => assert.deepStrictEqual(Result.getOrThrow(parsePemOrBase64(text)), expected))

  it.each<[string, string, RegExp]>([
    ["nothing", "", /empty/],
    ["text", "not a certificate", /the text is not strict base64/],
    ["FMT-09 base64url", base64(next).replaceAll("+", "-").replaceAll("/", "_"), /the text is not strict base64/],
    ["FMT-09 base64 with a line break", `${base64(next)}\n`, /the text is not strict base64/],
    [
      "FMT-09 base64 without padding",
      base64(leaf.subarray(0, 902)).replace(/=+$/, ""),
      /the text is not strict base64/
    ],
    ["an empty block", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", /block 1 is empty/],
    ["a block with spaces", pem(next).replace("MII", "MII "), /block 1 is not strict base64/],
    ["a block that is indented", pem(next).replaceAll("\n", "\n  "), /block 1 is not strict base64/],
    ["a block with headers", pem(next).replace("-\nMII", "-\nX: y\n\nMII"), /block 1 is not strict base64/],
    ["a block without padding", pem(leaf.subarray(0, 902)).replace(/=+\n/, "\n"), /block 1 is not strict base64/],
    ["the second block is bad", pem(next) + pem(current).replace("MII", "M*I"), /block 2 is not strict base64/],
    ["no END", pem(next).slice(0, -40), /block 1 has no END line/],
    ["the END of another label", pem(next).replace("END CERTIFICATE", "END X509 CRL"), /block 1 has no END line/],
    ["BEGIN cut off", "-----BEGIN CERTIFICATE", /block 1 has no BEGIN line/],
    ["a label over two lines", "-----BEGIN CERTI\nFICATE-----\n", /block 1 has no BEGIN line/],
    ["another label", pem(next, { label: "CERTIFICATE REQUEST" }), /block 1 is "CERTIFICATE REQUEST", not CERTIFICATE/],
    ["OpenSSL's own label", pem(next, { label: "TRUSTED CERTIFICATE" }), /block 1 is "TRUSTED CERTIFICATE"/],
    ["a label that would be markup", pem(next, { label: `"<b>"` }), /block 1 is "\\u\{22\}<b>\\u\{22\}", not/],
    ["a block beyond 32 KiB", pem(new Uint8Array(33_000)), /block 1 is longer/],
    ["base64 beyond 32 KiB", base64(new Uint8Array(33_000)), /the text is longer/]
  ])("refuses %s", (_, text, expected) => {
    const detail = Result.getOrUndefined(Result.flip(parsePemOrBase64(text)))?.detail
    assert.match(detail ?? "accepted", expected)
  })

  it.each([
    ["alone", `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`],
    ["of one algorithm", `-----BEGIN RSA PRIVATE KEY-----\n${secret}\n-----END RSA PRIVATE KEY-----\n`],
    ["encrypted", `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${secret}\n-----END ENCRYPTED PRIVATE KEY-----\n`],
    ["after a certificate", `${pem(next)}-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`],
    ["after something broken", `-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\n${secret}`]
  ])("SEC-03 refuses a private key %s, and repeats nothing of it", (_, text) => {
    const detail = Result.getOrUndefined(Result.flip(parsePemOrBase64(text)))?.detail ?? "accepted"
    assert.match(detail, /private key/)
    assert.notInclude(detail, secret.slice(0, 8))
  })
})
