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
const tiny = Uint8Array.of(5, 0)
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
    ["white space after BEGIN", pem(next).replace("E-----\n", "E----- \t\n"), [next]],
    ["POSH-REQ-10 an indented block (YAML)", pem(next).replaceAll(/^/gm, "    "), [next]],
    ["POSH-REQ-10 a folded block (YAML)", pem(next).replaceAll("\n", " "), [next]],
    ["POSH-REQ-10 tabs", pem(next).replaceAll(/^/gm, "\t"), [next]],
    ["POSH-REQ-10 blanks and tabs at the ends of lines", pem(next).replaceAll("\n", " \t\n"), [next]],
    ["POSH-REQ-10 vertical tabs and form feeds", pem(next).replaceAll("\n", "\v\f"), [next]],
    ["POSH-REQ-10 no line ends", pem(next).replaceAll("\n", ""), [next]],
    ["POSH-REQ-10 between quotation marks", `certificate: "${pem(next)}"`, [next]],
    ["POSH-REQ-10 a byte order mark before PEM", `\ufeff${pem(next)}`, [next]],
    ["POSH-REQ-10 a byte order mark before base64", `\ufeff${base64(next)}`, [next]],
    ["POSH-REQ-10 base64 with a line end", `${base64(next)}\n`, [next]],
    ["POSH-REQ-10 wrapped base64", `  ${wrap(base64(next), "\r\n  ")}\t`, [next]],
    ["RFC 7468 §5.2 the label X509 CERTIFICATE", pem(next, { label: "X509 CERTIFICATE" }), [next]],
    ["RFC 7468 §5.2 the label X.509 CERTIFICATE", pem(next, { label: "X.509 CERTIFICATE" }), [next]],
    ["parameters of the key before", pem(tiny, { label: "EC PARAMETERS" }) + pem(next), [next]],
    ["Diffie-Hellman parameters behind", pem(next) + pem(tiny, { label: "DH PARAMETERS" }), [next]],
    [
      "a public key, a request and a list between",
      pem(current) + ["PUBLIC KEY", "RSA PUBLIC KEY", "NEW CERTIFICATE REQUEST", "X509 CRL"]
        .map((label) => pem(tiny, { label })).join("") +
      pem(next),
      [current, next]
    ],
    [
      "what is no base64 in a skipped block",
      `${pem(tiny, { label: "EC PARAMETERS" }).replace("BQA", "*")}${pem(next)}`,
      [next]
    ]
  ])("%s", (_, text, expected) => assert.deepStrictEqual(Result.getOrThrow(parsePemOrBase64(text)), expected))

  it.each<[string, string, RegExp]>([
    ["nothing", "", /empty/],
    ["white space", " \n\t", /the text is empty/],
    ["text", "not a certificate", /the text is neither PEM nor the base64 of a DER certificate/],
    ["a letter", "x", /the text is neither PEM nor the base64 of a DER certificate/],
    ["base64url", base64(next).replaceAll("+", "-").replaceAll("/", "_"), /the text is base64url/],
    ["base64 without padding", base64(leaf.subarray(0, 902)).replace(/=+$/, ""), /the text is neither/],
    ["pad bits that are not zero", `${base64(leaf.subarray(0, 902)).slice(0, -2)}B=`, /the text is neither/],
    ["no-break spaces", base64(next).replace("MII", "MII\u00a0"), /the text is neither/],
    ["an empty block", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", /block 1 is empty/],
    ["a block with headers", pem(next).replace("-\nMII", "-\nX: y\n\nMII"), /block 1 is not base64/],
    ["a block without padding", pem(leaf.subarray(0, 902)).replace(/=+\n/, "\n"), /block 1 is not base64/],
    ["line ends as two characters", pem(next).replaceAll("\n", "\\n"), /block 1 has \\n as two characters/],
    ["CRLF as four characters", pem(next).replaceAll("\n", "\\r\\n"), /block 1 has \\n as two characters/],
    ["wrapped base64 with line ends as two characters", wrap(base64(next), "\\n"), /the text has \\n as two/],
    ["URL-encoded PEM", encodeURIComponent(pem(next)), /the text is URL-encoded/],
    ["PEM of a form", new URLSearchParams({ a: pem(next) }).toString().slice(2), /the text is URL-encoded/],
    ["URL-encoded base64", encodeURIComponent(base64(next)), /the text is URL-encoded/],
    ["a block of which the body is URL-encoded", pem(next).replaceAll("\n", "%0A"), /block 1 is URL-encoded/],
    ["no block but parameters", pem(tiny, { label: "EC PARAMETERS" }), /no certificate, only "EC PARAMETERS"/],
    ["a request alone", pem(next, { label: "CERTIFICATE REQUEST" }), /no certificate, only "CERTIFICATE REQUEST"/],
    ["parameters without END", pem(tiny, { label: "EC PARAMETERS" }).slice(0, -9) + pem(next), /block 1 has no END/],
    ["PKCS #7", pem(next, { label: "PKCS7" }) + pem(current), /block 1 is "PKCS7", not CERTIFICATE/],
    ["CMS behind", pem(current) + pem(next, { label: "CMS" }), /block 2 is "CMS", not CERTIFICATE/],
    ["no label", pem(next, { label: "" }), /block 1 is "", not CERTIFICATE/],
    ["the second block is bad", pem(next) + pem(current).replace("MII", "M*I"), /block 2 is not base64/],
    ["no END", pem(next).slice(0, -40), /block 1 has no END line/],
    ["the END of another label", pem(next).replace("END CERTIFICATE", "END X509 CRL"), /block 1 has no END line/],
    ["BEGIN cut off", "-----BEGIN CERTIFICATE", /block 1 has no whole BEGIN line/],
    ["a label over two lines", "-----BEGIN CERTI\nFICATE-----\n", /block 1 has no whole BEGIN line/],
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
    ["that is indented", `  -----BEGIN PRIVATE KEY-----\n  ${secret}`],
    ["with line ends as two characters", `-----BEGIN PRIVATE KEY-----\\n${secret}\\n-----END PRIVATE KEY-----`],
    ["that is URL-encoded", encodeURIComponent(`-----BEGIN RSA PRIVATE KEY-----\n${secret}`)],
    ["of a form", `-----BEGIN+EC+PRIVATE+KEY-----%0A${secret}`],
    ["after something broken", `-----BEGIN CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\n${secret}`]
  ])("SEC-03 refuses a private key %s, and repeats nothing of it", (_, text) => {
    const detail = Result.getOrUndefined(Result.flip(parsePemOrBase64(text)))?.detail ?? "accepted"
    assert.match(detail, /private key/)
    assert.notInclude(detail, secret.slice(0, 8))
  })
})
