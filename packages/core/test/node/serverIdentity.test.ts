/** POSH-RES-31: the same result as OpenSSL's host check, from the DER of the certificate. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { X509Certificate } from "node:crypto"
import { identityError } from "../../src/node/serverIdentity.ts"
import type { Domain } from "../../src/question/Domain.ts"
import { extension, forge, type Parts } from "../forged.ts"
import { name, oid, sequence, text, tlv } from "../x509/chain/der.ts"

const dnsIdOnly = {
  subject: "never",
  wildcards: true,
  partialWildcards: false,
  multiLabelWildcards: false,
  singleLabelSubdomains: false
} as const

const openSsl = (der: Uint8Array, host: string): boolean =>
  new X509Certificate(der).checkHost(host, dnsIdOnly) !== undefined
const ours = (der: Uint8Array, host: string): boolean => identityError(host as Domain, der) === undefined

const san = (...names: ReadonlyArray<Uint8Array>) => extension("2.5.29.17", sequence(...names))
const dns = (value: string) => text(0x82, value)
const address = (...octets: ReadonlyArray<number>) => tlv(0x87, Uint8Array.from(octets))
const host = "im.example.net"

type Row = readonly [what: string, parts: Parts, expected: boolean, host?: string]

const rows: ReadonlyArray<Row> = [
  ["octets beyond ASCII", { extensions: [san(tlv(0x82, Buffer.from("im.tête.net")))] }, false],
  ["the host", { extensions: [san(dns(host))] }, true],
  ["in other letters", { extensions: [san(dns("IM.Example.NET"))] }, true],
  ["among others", { extensions: [san(dns("a.example"), dns(host), address(192, 0, 2, 1))] }, true],
  ["behind other forms", {
    extensions: [
      san(
        tlv(0xa0, oid("1.3.6.1.5.5.7.8.5"), tlv(0xa0, text(0x0c, host))),
        text(0x81, `a@${host}`),
        tlv(0xa4, name(["2.5.4.3", 0x0c, "other"])),
        text(0x86, `https://${host}/`),
        tlv(0x88, Uint8Array.of(0x2a, 3)),
        dns(host)
      )
    ]
  }, true],
  ["a wildcard for its label", { extensions: [san(dns("*.example.net"))] }, true],
  ["in other letters", { extensions: [san(dns("*.EXAMPLE.net"))] }, true],
  ["no extension", {}, false],
  ["only a common name", { subject: name(["2.5.4.3", 0x0c, host]) }, false],
  ["an empty list", { extensions: [san()] }, false],
  ["a URI", { extensions: [san(text(0x86, `https://${host}`))] }, false],
  ["a mailbox", { extensions: [san(text(0x81, host))] }, false],
  ["an address", { extensions: [san(address(192, 0, 2, 1))] }, false, "192.0.2.1"],
  ["an address spelt as a name", { extensions: [san(dns("192.0.2.1"))] }, true, "192.0.2.1"],
  ["an XMPP address", {
    extensions: [san(tlv(0xa0, oid("1.3.6.1.5.5.7.8.5"), tlv(0xa0, text(0x0c, host))))]
  }, false],
  ["a parent", { extensions: [san(dns("example.net"))] }, false],
  ["a child", { extensions: [san(dns(`a.${host}`))] }, false],
  ["a leading dot", { extensions: [san(dns(".example.net"))] }, false],
  ["a trailing dot", { extensions: [san(dns(`${host}.`))] }, false],
  ["a wildcard with a trailing dot", { extensions: [san(dns("*.example.net."))] }, false],
  ["a NUL behind it", { extensions: [san(dns(`${host}\0`))] }, false],
  ["a NUL and more", { extensions: [san(dns(`${host}\0.evil.example`))] }, false],
  ["a quoted list", { extensions: [san(dns(`a.example, DNS:${host}`))] }, false],
  ["white space", { extensions: [san(dns(` ${host}`))] }, false],
  ["nothing", { extensions: [san(dns(""))] }, false],
  ["a wildcard alone", { extensions: [san(dns("*"))] }, false],
  ["one for a top-level domain", { extensions: [san(dns("*.net"))] }, false, "example.net"],
  ["one for two labels", { extensions: [san(dns("*.net"))] }, false],
  ["two", { extensions: [san(dns("*.*.net"))] }, false],
  ["one in the middle", { extensions: [san(dns("im.*.net"))] }, false],
  [
    "part of a label",
    { extensions: [san(dns("i*.example.net"), dns("*m.example.net"), dns("i*m.example.net"))] },
    false
  ],
  ["the host of a wildcard itself", { extensions: [san(dns("*.example.net"))] }, false, "example.net"],
  ["a deeper one", { extensions: [san(dns("*.example.net"))] }, false, "a.im.example.net"],
  ["a wildcard for an A-label", { extensions: [san(dns("*.example.net"))] }, true, "xn--tte-hma.example.net"],
  ["a wildcard below an A-label", { extensions: [san(dns("*.xn--tte-hma.net"))] }, true, "im.xn--tte-hma.net"],
  ["a wildcard with an underscore", { extensions: [san(dns("*.exa_mple.net"))] }, false, "im.exa_mple.net"],
  ["a wildcard with a hyphen at the end", { extensions: [san(dns("*.example-.net"))] }, false, "im.example-.net"],

  ["the extension twice", { extensions: [san(dns(host)), san(dns(host))] }, false],
  ["a form that there is not", { extensions: [san(text(0x8a, "x"), dns(host))] }, false],

  ["a list cut off", { extensions: [extension("2.5.29.17", san(dns(host)).subarray(0, 12))] }, false]
]

/** BER that is not DER: OpenSSL accepts it. */
const refused: ReadonlyArray<Row> = [
  ["a name in pieces", { extensions: [san(tlv(0xa2, text(0x16, host)))] }, false],
  [
    "more behind the list",
    { extensions: [extension("2.5.29.17", Buffer.concat([sequence(dns(host)), dns(host)]))] },
    false
  ]
]

const toCase = ([what, parts, expected, asked = host]: Row) => ({ what, der: forge(parts), expected, asked })

describe("a certificate with", () => {
  it.each(refused.map(toCase))("$what", ({ der }) => assert.isFalse(ours(der, host)))

  it.each(rows.map(toCase))("$what", ({ asked, der, expected }) => {
    assert.strictEqual(ours(der, asked), expected)
    assert.strictEqual(openSsl(der, asked), expected, "OpenSSL agrees")
  })

  it.each<readonly [string, Uint8Array | undefined]>([
    ["nothing", undefined],
    ["no octets", new Uint8Array()],
    ["no certificate", Buffer.from("no certificate")],
    ["the list alone", san(dns(host))],
    ["a certificate that is cut off", forge({ extensions: [san(dns(host))] }).subarray(0, 100)]
  ])("or with %s, names nobody", (_, der) => assert.isDefined(identityError(host as Domain, der)))
})

const Label = Schema.Literals(["*", "a", "b", "xn--a", "a-", "-a", "*a", "a*", "", "_", "A"])
const Names = Schema.Array(Schema.Array(Label))

describe("whatever the names", () => {
  it.prop("OpenSSL finds the same", [Names, Schema.Array(Schema.Literals(["a", "b", "xn--a"]))], ([names, labels]) => {
    if (labels.length < 2) return
    const asked = labels.join(".")
    const der = forge({ extensions: [san(...names.map((parts) => dns(parts.join("."))))] })
    assert.strictEqual(ours(der, asked), openSsl(der, asked), JSON.stringify([names, asked]))
  })
})
