/** Certificates and hashes as callers send them (POSH-REQ-01, POSH-REQ-10). */
import { assert, describe, it } from "@effect/vitest"
import { greenhouse } from "@posh/testing"
import { Result } from "effect"
import { createHash, X509Certificate } from "node:crypto"
import { parsePresented } from "../../src/presented/parsePresented.ts"
import type { Question } from "../../src/question/Question.ts"

const { current, next } = greenhouse
const pem = new X509Certificate(next).toString()
const indented = pem.replaceAll(/^/gm, "      ")
const colons = createHash("sha256").update(next).digest("hex").toUpperCase().replace(/..(?!$)/g, "$&:")
const parse = (question: Partial<Question>) => parsePresented({ domain: "", service: "", ...question })

describe("parsePresented", () => {
  it.each<[string, Partial<Question>]>([
    ["PEM", { certificate: pem }],
    ["an indented block", { certificate: indented }],
    ["parameters before the certificate", {
      certificate: `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem}`
    }],
    ["a chain of an indented block and base64", { chain: [indented, `${Buffer.from(current).toString("base64")}\n`] }],
    ["openssl x509 -fingerprint", { fingerprint: { "sha-256": `sha256 Fingerprint=${colons}\n` } }]
  ])("reads %s", (_, question) => {
    const { sha256Text } = Result.getOrThrow(parse(question))
    assert.strictEqual(sha256Text, createHash("sha256").update(next).digest("base64"))
  })

  it.each<[string, Partial<Question>, string, RegExp]>([
    ["a letter", { certificate: "x" }, "certificate", /neither PEM nor the base64 of a DER certificate/],
    ["base64 of something else", { certificate: "aGVsbG8=" }, "certificate", /not exactly one DER value/],
    ["URL-encoded PEM", { chain: [pem, encodeURIComponent(pem)] }, "chain[1]", /URL-encoded; decode it first/],
    ["line ends as two characters", { certificate: pem.replaceAll("\n", "\\n") }, "certificate", /as two characters/],
    ["half a hash", { fingerprint: { "sha-256": colons.slice(48) } }, "fingerprint.sha-256", /openssl x509 .*sha256sum/]
  ])("refuses %s, and says why", (_, question, field, detail) => {
    const error = Result.getOrThrow(Result.flip(parse(question)))
    assert.strictEqual(error.field, field)
    assert.match(error.detail, detail)
  })
})
