import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { prepare } from "../../src/client/prepare.ts"
import type { ClientQuestion } from "../../src/client/VerifyResult.ts"

const der = Uint8Array.from([0x30, 3, 2, 1, 5])
const text = Buffer.from(der).toString("base64")
const pem = `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`
const key = `-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----\n`
const base = { domain: "hosted.example", service: "xmpp-server" }
const canonical = `{"certificate":"${text}","domain":"hosted.example","service":"xmpp-server"}`
const hash = Buffer.alloc(32, 0xab)

describe("prepare: spellings of one question", () => {
  const rows: ReadonlyArray<readonly [name: string, question: object]> = [
    ["PEM", { ...base, certificate: pem }],
    ["base64", { ...base, certificate: text }],
    ["base64 with white space", { ...base, certificate: `${text.slice(0, 3)}\r\n ${text.slice(3)}` }],
    ["DER", { ...base, certificate: der }],
    ["a chain of one", { ...base, chain: [pem] }],
    ["text around PEM", { ...base, certificate: `subject: x\n${pem}y` }],
    ["parameters beside it", { ...base, certificate: pem.replaceAll("CERTIFICATE", "DH PARAMETERS") + pem }],
    ["capital letters and the root", { ...base, domain: "Hosted.EXAMPLE.", certificate: pem }],
    ["another order, and members without a value", { certificate: pem, explain: undefined, ...base }],
    ["another deadline", { ...base, certificate: pem, deadlineMs: 500 }]
  ]
  it.each(rows)("%s", (_, question) => {
    assert.strictEqual(Result.getOrThrow(prepare(question as ClientQuestion)).key, canonical)
  })

  it.each([
    ["hex", hash.toString("hex")],
    ["hex with colons", hash.toString("hex").replaceAll(/(..)(?=.)/g, "$1:").toUpperCase()],
    ["base64", hash.toString("base64")]
  ])("a hash in %s", (_, value) => {
    const prepared = Result.getOrThrow(prepare({ ...base, fingerprint: { "sha-256": value } }))
    assert.deepStrictEqual(prepared.hashes, { sha256: hash.toString("base64") })
    assert.include(prepared.key, `"fingerprint":{"sha-256":"${hash.toString("base64")}"}`)
  })
})

describe("prepare: what the answer must say", () => {
  const rows: ReadonlyArray<readonly [domain: string, service: string, expected: readonly [string, string]]> = [
    ["hosted.example", "xmpp-server", ["hosted.example", "xmpp-server"]],
    ["Hosted.example.", "XMPP-Server", ["hosted.example", "xmpp-server"]],
    ["bücher.example", "xmpps-client", ["xn--bcher-kva.example", "xmpp-client"]],
    ["BÜCHER.example", "_xmpp-server._tcp", ["xn--bcher-kva.example", "xmpp-server"]],
    ["a.example", "_sip._udp", ["a.example", "sip"]]
  ]
  it.each(rows)("%s, %s", (domain, service, expected) => {
    const prepared = Result.getOrThrow(prepare({ domain, service, certificate: pem }))
    assert.deepStrictEqual([prepared.domain, prepared.service], [...expected])
  })
})

describe("prepare: questions that are not sent", () => {
  const rows: ReadonlyArray<readonly [name: string, question: unknown, fault: RegExp]> = [
    ["nothing", undefined, /cannot be read/],
    ["no certificate", base, /exactly one/],
    ["two subjects", { ...base, certificate: pem, fingerprint: { "sha-256": "" } }, /exactly one/],
    ["a misspelt safety option", { ...base, certificate: pem, namecheck: "source" }, /namecheck/],
    ["an unknown value", { ...base, certificate: pem, nameCheck: "strict" }, /nameCheck/],
    ["a private key", { ...base, certificate: pem + key }, /private key/],
    [
      "a private key without an end",
      { ...base, certificate: `${pem}-----BEGIN RSA PRIVATE KEY-----\nMII` },
      /private key/
    ],
    [
      "another form of certificate",
      { ...base, certificate: pem.replaceAll("BEGIN C", "BEGIN TRUSTED C") },
      /PEM block/
    ],
    ["a block that has no end", { ...base, certificate: "-----BEGIN CERTIFICATE-----\nMII" }, /neither PEM/],
    ["no base64", { ...base, certificate: "%" }, /neither PEM/],
    ["an empty text", { ...base, certificate: "" }, /neither PEM/],
    ["no DER", { ...base, certificate: "AAAA" }, /not DER/],
    ["more than 32 KiB", { ...base, certificate: new Uint8Array(32 * 1024 + 1).fill(0x30) }, /32 KiB/],
    ["an empty chain", { ...base, chain: [] }, /no certificate/],
    ["a chain of 11", { ...base, chain: Array.from({ length: 11 }, () => pem) }, /more than 10/],
    ["11 in one text", { ...base, certificate: pem.repeat(11) }, /more than 10/],
    ["a number for a certificate", { ...base, certificate: 1 }, /no text/],
    ["no hash", { ...base, fingerprint: {} }, /no hash/],
    ["a weak hash", { ...base, fingerprint: { "sha-1": "00" } }, /another hash/],
    ["a hash of another length", { ...base, fingerprint: { "sha-512": hash.toString("hex") } }, /64 octets/],
    ["an empty domain", { ...base, domain: "", certificate: pem }, /domain/],
    ["a URL for a domain", { ...base, domain: "a.example/b", certificate: pem }, /character/],
    ["white space in a domain", { ...base, domain: "a b", certificate: pem }, /character/],
    ["an address", { ...base, domain: "[::1]", certificate: pem }, /character/],
    ["no service", { domain: "a.example", certificate: pem }, /service/],
    ["a service that is a path", { domain: "a.example", service: "a b", certificate: pem }, /service/]
  ]
  it.each(rows)("%s", (_, question, fault) => {
    const prepared = prepare(question as ClientQuestion)
    assert.match(Result.isFailure(prepared) ? prepared.failure : "it is sent", fault)
  })

  it("what is checked is what is sent, also if a getter answers differently each time", () => {
    let count = 0
    const prepared = prepare({
      ...base,
      get domain() {
        count += 1
        return count === 1 ? "first.example" : "second.example"
      },
      certificate: pem
    })
    assert.strictEqual(Result.getOrThrow(prepared).domain, "first.example")
    assert.include(Result.getOrThrow(prepared).key, "first.example")
  })
})
