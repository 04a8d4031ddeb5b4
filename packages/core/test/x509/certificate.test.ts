import { assert, describe, it } from "@effect/vitest"
import { greenhouse, issue, rootCa, seedCa, seedExample1, seedExample2, seedLeaf, selfSigned } from "@posh/testing"
import { Effect, Result } from "effect"
import { X509Certificate } from "node:crypto"
import { type Certificate, parseCertificate } from "../../src/x509/Certificate.ts"
import { bits, extension, forge, type Parts } from "../forged.ts"
import { name, oid, sequence, text, tlv } from "./chain/der.ts"

const parse = (der: Uint8Array): Certificate => Result.getOrThrow(parseCertificate(der))
const fault = (der: Uint8Array) =>
  Result.match(parseCertificate(der), { onFailure: ({ detail }) => detail, onSuccess: () => "accepted" })
const hex = (octets: Uint8Array) => Buffer.from(octets).toString("hex")

describe("the certificates of the draft (requirements A.1, A.2)", () => {
  const place = "C=US, ST=Colorado, L=Denver"
  it.each([
    [
      "example 1",
      seedLeaf(seedExample1),
      "06",
      "im.example.com",
      "2011-07-04T00:00:00.000Z",
      "2013-07-02T23:59:59.000Z",
      ["im.example.com"],
      "e3f9a081d955c7c037a6f1c0596e6c0fea89c8cb541e0891b8f8d50b8f0dd174"
    ],
    [
      "example 2, key 0",
      seedLeaf(seedExample2),
      "03",
      "hosting.example.net",
      "2011-07-04T19:52:00.000Z",
      "2013-07-03T19:52:00.000Z",
      [],
      "6e5c4b1653c4acd59c1b07b565486c2ef61661dd2a119a2dbc0c6d1d3e171dbf"
    ],
    [
      "example 2, key 1",
      seedLeaf(seedExample2, 1),
      "05",
      "hosting.example.net",
      "2013-05-17T00:00:00.000Z",
      "2015-05-16T23:59:59.000Z",
      ["hosting.example.net"],
      "158a9c528de3a7a9f0a8246ec15c202431159b4af704d402f533b24c3809bea8"
    ]
  ])("%s", (_, der, serialNumber, host, notBefore, notAfter, xmpp, sha256) => {
    const certificate = parse(der)
    assert.strictEqual(certificate.der, der)
    assert.strictEqual(certificate.subject, `${place}, CN=${host}`)
    assert.strictEqual(certificate.issuer, `${place}, CN=Example CA`)
    assert.strictEqual(certificate.serialNumber, serialNumber)
    assert.strictEqual(new Date(certificate.notBefore).toISOString(), notBefore)
    assert.strictEqual(new Date(certificate.notAfter).toISOString(), notAfter)
    // A.3.3: the Common Name is no identity.
    assert.deepStrictEqual(certificate.names, { dns: [], srv: [], xmpp, uri: [], ip: [] })
    assert.strictEqual(hex(certificate.sha256), sha256)
    assert.deepStrictEqual([certificate.publicKey.algorithm, certificate.publicKey.bits], ["rsa", 2_048])
    assert.deepStrictEqual([...certificate.keyUsage ?? []], ["digitalSignature", "nonRepudiation", "keyEncipherment"])
    assert.deepStrictEqual([certificate.isCa, certificate.extendedKeyUsage, certificate.unknownCritical], [
      false,
      undefined,
      []
    ])
  })

  it("the issuer", () => {
    const { isCa, keyUsage, notAfter, pathLength } = parse(seedCa)
    assert.deepStrictEqual([isCa, pathLength, [...keyUsage ?? []]], [true, undefined, ["keyCertSign", "cRLSign"]])
    assert.strictEqual(new Date(notAfter).toISOString(), "2023-05-16T23:59:59.000Z")
  })
})

describe("the library and Node agree", () => {
  it.effect.each(["ec", "p384", "rsa2048", "rsa1024", "ed25519"] as const)("%s", (key) =>
    Effect.gen(function*() {
      const { der } = yield* selfSigned({ key, dnsNames: ["im.example"], subject: "CN=a\\, b, O=\"c\"" })
      const certificate = parse(der)
      const node = new X509Certificate(der)
      assert.strictEqual(certificate.notBefore, node.validFromDate.getTime())
      assert.strictEqual(certificate.notAfter, node.validToDate.getTime())
      assert.strictEqual(hex(certificate.sha256), node.fingerprint256.replaceAll(":", "").toLowerCase())
      assert.strictEqual(certificate.serialNumber, node.serialNumber.toLowerCase())
      assert.strictEqual(
        hex(certificate.publicKey.spki),
        node.publicKey.export({ type: "spki", format: "der" }).toString("hex")
      )
    }))

  it.effect("uses and names", () =>
    Effect.gen(function*() {
      const root = yield* rootCa({ pathLength: 3 })
      const { der } = yield* issue(root, {
        dnsNames: ["IM.example", "*.im.example"],
        srvNames: ["_xmpp-server.im.example"],
        xmppAddrs: ["im.example", "bücher.example"],
        uris: ["xmpp:im.example"],
        ipAddresses: ["192.0.2.1", "2001:db8::1"],
        keyUsage: ["digitalSignature", "keyAgreement"],
        extendedKeyUsage: ["1.3.6.1.5.5.7.3.1"],
        criticalUnknown: true
      })
      const leaf = parse(der)
      assert.deepStrictEqual(leaf.names, {
        dns: ["im.example", "*.im.example"],
        srv: ["_xmpp-server.im.example"],
        xmpp: ["im.example", "bücher.example"],
        uri: ["xmpp:im.example"],
        ip: ["192.0.2.1", "2001:db8::1"]
      })
      assert.deepStrictEqual([...leaf.keyUsage ?? []], ["digitalSignature", "keyAgreement"])
      assert.deepStrictEqual([...leaf.extendedKeyUsage ?? []], ["1.3.6.1.5.5.7.3.1"])
      assert.deepStrictEqual(leaf.unknownCritical, ["1.3.6.1.4.1.55555.7.11"])
      assert.deepStrictEqual([parse(root.der).isCa, parse(root.der).pathLength], [true, 3])
    }))

  it.effect("1,000 names are accepted", () =>
    Effect.gen(function*() {
      const { der } = yield* selfSigned({ extraSanCount: 1_000 })
      assert.strictEqual(parse(der).names.dns.length, 1_000)
    }))
})

const time = (tag: number, value: string): Parts => ({ times: [text(0x17, "260105000000Z"), text(tag, value)] })

describe("dates (RFC 5280 §4.1.2.5)", () => {
  it.each([
    ["two digits, this century", time(0x17, "491231235959Z"), "2049-12-31T23:59:59.000Z"],
    ["two digits, last century", time(0x17, "500101000000Z"), "1950-01-01T00:00:00.000Z"],
    ["four digits", time(0x18, "20500101000000Z"), "2050-01-01T00:00:00.000Z"],
    ["no expiry", time(0x18, "99991231235959Z"), "9999-12-31T23:59:59.000Z"],
    ["a year below 100", time(0x18, "00500101000000Z"), "0050-01-01T00:00:00.000Z"],
    ["leap day", time(0x17, "240229000000Z"), "2024-02-29T00:00:00.000Z"]
  ])("%s", (_, parts, expected) => assert.strictEqual(new Date(parse(forge(parts)).notAfter).toISOString(), expected))

  it.each([
    ["29 February of another year", time(0x17, "260229000000Z")],
    ["31 April", time(0x17, "260431000000Z")],
    ["month 13", time(0x17, "261301000000Z")],
    ["day 0", time(0x17, "260100000000Z")],
    ["24 o'clock", time(0x17, "260105240000Z")],
    ["a leap second", time(0x17, "260105235960Z")],
    ["no seconds", time(0x17, "2601050000Z")],
    ["another zone", time(0x17, "260105000000+0100")],
    ["fractions", time(0x18, "20260105000000.5Z")],
    ["no zone", time(0x18, "20260105000000")],
    ["four digits as UTCTime", time(0x17, "20260105000000Z")],
    ["letters", time(0x17, "26010500000aZ")],
    ["another type", time(0x0c, "260105000000Z")],
    ["empty", time(0x17, "")],
    ["one date alone", { times: [text(0x17, "260105000000Z")] }],
    ["three dates", { times: ["26", "27", "28"].map((year) => text(0x17, `${year}0105000000Z`)) }]
  ])("refuses %s", (_, parts) => assert.match(fault(forge(parts)), /its validity is malformed/))
})

describe("parseCertificate refuses (MAT-01, FMT-29)", () => {
  const trailing = Buffer.concat([greenhouse.next, Uint8Array.of(0)])
  const tooLong = forge({ extensions: [extension("1.2.3", new Uint8Array(32_768))] })
  it.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(), /not exactly one DER value/],
    ["trailing octets", trailing, /not exactly one DER value/],
    ["the end cut off", greenhouse.next.subarray(0, -1), /not exactly one DER value/],
    ["two certificates", Buffer.concat([greenhouse.next, greenhouse.current]), /not exactly one DER value/],
    ["text", Buffer.from(Buffer.from(greenhouse.next).toString("base64")), /not exactly one DER value/],
    ["another structure", sequence(sequence(), sequence()), /not an X\.509 certificate/],
    ["a fourth field", forge({ more: [tlv(0x05)] }), /not an X\.509 certificate/],
    ["a signature of another kind", forge({ signature: tlv(0x04, Uint8Array.of(0)) }), /not an X\.509 certificate/],
    ["a field too few", sequence(sequence(tlv(0x02, Uint8Array.of(1))), sequence(), bits(0)), /a field is missing/],
    ["a serial number of another kind", forge({ serial: tlv(0x04, Uint8Array.of(1)) }), /a field is missing/],
    ["a subject of another kind", forge({ subject: tlv(0x31) }), /a field is missing/],
    ["FMT-08 more than 32 KiB", tooLong, /larger than 32 KiB/]
  ])("%s", (_, der, expected) => assert.match(fault(der), expected))

  it("accepts 32 KiB", () => {
    const der = forge({
      extensions: [extension("1.2.3", new Uint8Array(32_768 - forge({ extensions: [] }).length - 20))]
    })
    assert.isAtMost(der.length, 32_768)
    assert.isAtLeast(der.length, 32_700)
    assert.strictEqual(parse(der).der.length, der.length)
  })
})

describe("POSH-MAT-07: parseCertificate leaves out", () => {
  const ber = Uint8Array.of(0x30, 0x80, 0x31, 0x80, 0, 0, 0, 0)
  const serial = Uint8Array.of(0x02, 0)
  it.each<[string, Parts, RegExp]>([
    ["a second signature algorithm", { inner: sequence(oid("1.2.840.10045.4.3.3")) }, /two signature algorithms/],
    ["a subject that is no name", { subject: sequence(tlv(0x02, Uint8Array.of(1))) }, /its subject is malformed/],
    ["a subject of a half character", { subject: name(["2.5.4.3", 0x1e, "abc"]) }, /its subject is malformed/],
    ["an issuer in BER", { issuer: sequence(ber) }, /its issuer is malformed/],
    ["an issuer of 600 elements", { issuer: sequence(...Array<Uint8Array>(600).fill(tlv(0x05))) }, /its issuer/],
    ["an empty serial number", { serial }, /its serial number is malformed/],
    ["a padded serial number", { serial: tlv(0x02, Uint8Array.of(0, 1)) }, /its serial number is malformed/],
    ["a signature of a broken octet", { signature: bits(9, 1) }, /its signature is malformed/],
    ["a version of another kind", { version: [tlv(0xa0, tlv(0x04))] }, /its version is malformed/],
    ["two versions", { version: [tlv(0xa0, tlv(0x02, serial), tlv(0x02, serial))] }, /its version is malformed/],
    [
      "extensions in BER",
      { rest: [Buffer.concat([Uint8Array.of(0xa3, 0x80), sequence()])] },
      /extensions are malformed/
    ],
    ["octets behind the key", { rest: [Uint8Array.of(0xa3)] }, /its extensions are malformed/],
    [
      "a length of more octets than needed",
      { rest: [Uint8Array.of(0xa3, 0x81, 2, 0x30, 0)] },
      /extensions are malformed/
    ]
  ])("%s", (_, parts, expected) => {
    const certificate = parse(forge(parts))
    assert.match(certificate.faults.join(), expected)
    assert.isString(certificate.subject + certificate.issuer + certificate.serialNumber)
  })

  it("no part of a well-formed certificate", () => assert.deepStrictEqual(parse(forge()).faults, []))

  it.each([0, 1])("but never date %i", (index) => {
    const times = [text(0x17, "260105000000Z"), text(0x17, "360105000000Z")].with(index, tlv(0x17))
    assert.match(fault(forge({ times })), /its validity is malformed: not(Before|After) is not in the form of RFC 5280/)
  })

  it("POSH-SEC-13: names no more than eight faults", () => {
    const extensions = Array.from({ length: 100 }, (_, index) => sequence(tlv(0x0c), text(0x0c, `${index}`)))
    assert.strictEqual(parse(forge({ extensions })).faults.length, 8)
  })
})

it("SEC-14 names are escaped and bounded", () => {
  const subject = name(["2.5.4.3", 0x0c, `a\n\u202e\u0000${"b".repeat(1_000)}`])
  const certificate = parse(forge({ subject }))
  assert.match(certificate.subject, /^CN=a\\0A\\u\{202e\}\\u\{0\}b/)
  assert.isBelow(certificate.subject.length, 300)
})
