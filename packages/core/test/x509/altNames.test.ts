import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { type Certificate, parseCertificate } from "../../src/x509/Certificate.ts"
import { extension, forge, type Parts } from "../forged.ts"
import { name, oid, sequence, text, tlv } from "./chain/der.ts"

const parse = (der: Uint8Array): Certificate => Result.getOrThrow(parseCertificate(der))

const san = (...names: ReadonlyArray<Uint8Array>): Parts => ({
  extensions: [extension("2.5.29.17", sequence(...names))]
})
const otherName = (type: string, ...value: ReadonlyArray<Uint8Array>) => tlv(0xa0, oid(type), tlv(0xa0, ...value))
const srvName = "1.3.6.1.5.5.7.8.7"
const xmppAddr = "1.3.6.1.5.5.7.8.5"
const none = { dns: [], srv: [], xmpp: [], uri: [], ip: [] }

describe("subjectAltName", () => {
  it.each([[0, 0], [1, 0], [1_024, 0], [1_025, 1], [5_000, 3_976]])(
    "POSH-SEC-13: of %s names, %s are left out",
    (count, leftOut) => {
      const certificate = parse(forge(san(...Array.from({ length: count }, (_, index) => text(0x82, `${index}`)))))
      assert.strictEqual(certificate.namesLeftOut, leftOut)
      assert.deepStrictEqual(
        certificate.names.dns,
        Array.from({ length: count - leftOut }, (_, index) => `${index}`)
      )
    }
  )

  it("a malformed name beyond the limit is a fault too", () => {
    const names = [...Array.from({ length: 2_000 }, () => text(0x82, "a")), tlv(0x87, new Uint8Array(5))]
    assert.match(parse(forge(san(...names))).faults.join(), /1 of 2001 names malformed .*4 nor 16 octets/)
  })

  it("POSH-MAT-07: a malformed name is left out, and the others count", () => {
    const certificate = parse(
      forge(san(text(0x82, "a.example"), text(0x82, "bücher.example"), text(0x82, "b.example")))
    )
    assert.deepStrictEqual(certificate.names, { ...none, dns: ["a.example", "b.example"] })
    assert.deepStrictEqual(certificate.faults, ["extension 2.5.29.17: 1 of 3 names malformed (a name is not ASCII)"])
  })

  it.each([
    ["no names", san(), {}],
    [
      "other forms are left out",
      san(text(0x81, "a@b.example"), tlv(0xa4, name(["2.5.4.3", 0x0c, "b.example"])), tlv(0x88, Uint8Array.of(42))),
      {}
    ],
    ["other types of otherName are left out", san(otherName("1.3.6.1.4.1.311.20.2.3", text(0x0c, "b.example"))), {}],
    ["RFC 4985 asks for IA5String", san(otherName(srvName, text(0x0c, "_xmpp-server.b.example"))), {}],
    ["RFC 6120 asks for UTF8String", san(otherName(xmppAddr, text(0x16, "b.example"))), {}],
    ["a null is a character like others", san(text(0x82, "a.example\0.b.example")), { dns: ["a.example\0.b.example"] }],
    ["an address mapped to IPv6", san(tlv(0x87, Buffer.from("00000000000000000000ffffc0000201", "hex"))), {
      ip: ["::ffff:192.0.2.1"]
    }]
  ])("%s", (_, parts, expected) => assert.deepStrictEqual(parse(forge(parts)).names, { ...none, ...expected }))

  it.each([
    ["octets beyond ASCII", san(text(0x82, "bücher.example")), /2\.5\.29\.17: 1 of 1 names .*a name is not ASCII/],
    ["a URI beyond ASCII", san(text(0x86, "xmpp:bücher.example")), /a name is not ASCII/],
    ["an SRVName beyond ASCII", san(otherName(srvName, tlv(0x16, Uint8Array.of(0xe4)))), /a name is not ASCII/],
    ["an XmppAddr that is not UTF-8", san(otherName(xmppAddr, tlv(0x0c, Uint8Array.of(0xe4)))), /a name is not UTF-8/],
    ["an address of five octets", san(tlv(0x87, new Uint8Array(5))), /4 nor 16 octets/],
    ["a network", san(tlv(0x87, new Uint8Array(8))), /4 nor 16 octets/],
    ["an otherName without value", san(tlv(0xa0, oid(srvName))), /an otherName is malformed/],
    ["an otherName without type", san(tlv(0xa0, tlv(0xa0, text(0x16, "x")))), /malformed/],
    ["no list", { extensions: [extension("2.5.29.17", text(0x82, "b.example"))] }, /2\.5\.29\.17 is malformed/],
    [
      "octets after the list",
      { extensions: [extension("2.5.29.17", Buffer.concat([sequence(), sequence()]))] },
      /2\.5\.29\.17 is malformed/
    ],
    ["BER", { extensions: [extension("2.5.29.17", Uint8Array.of(0x30, 0x80, 0, 0))] }, /2\.5\.29\.17 is malformed/],
    ["nothing", { extensions: [extension("2.5.29.17", new Uint8Array())] }, /2\.5\.29\.17 is malformed/],
    [
      "a list that is cut off",
      { extensions: [extension("2.5.29.17", Buffer.concat([Uint8Array.of(0x30, 20), text(0x82, "b.example")]))] },
      /2\.5\.29\.17 is malformed/
    ],
    [
      "a name that is cut off, and those before it",
      san(text(0x82, "b.example"), Uint8Array.of(0x82, 9, 0x61)),
      /2\.5\.29\.17 is malformed/
    ],
    ["an otherName of two values", san(otherName(srvName, text(0x16, "_a.b.example"), text(0x16, "x"))), /otherName/],
    ["two lists", {
      extensions: [san(text(0x82, "b.example")), san(text(0x82, "b.example"))].flatMap((parts) =>
        parts.extensions ?? []
      )
    }, /occurs twice/]
  ])("POSH-MAT-07: leaves out %s", (_, parts, expected) => {
    const { faults, names } = parse(forge(parts))
    assert.match(faults.join(), expected)
    assert.deepStrictEqual(names, none)
  })
})
