import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { type Certificate, parseCertificate } from "../../src/x509/Certificate.ts"
import { bits, extension, forge, p256, type Parts, spkiOf, yes } from "../forged.ts"
import { oid, sequence, text, tlv } from "./chain/der.ts"

const parse = (der: Uint8Array): Certificate => Result.getOrThrow(parseCertificate(der))
const faultsOf = (parts: Parts) => parse(forge(parts)).faults.join()

describe("extensions", () => {
  const constraints = (...fields: ReadonlyArray<Uint8Array>): Parts => ({
    extensions: [extension("2.5.29.19", sequence(...fields), yes)]
  })
  it.each<[string, Parts, Partial<Certificate>]>([
    ["none", {}, { isCa: false, unknownCritical: [] }],
    ["cA left out", constraints(), { isCa: false }],
    ["cA", constraints(yes), { isCa: true }],
    ["a path length", constraints(yes, tlv(0x02, Uint8Array.of(0))), { isCa: true, pathLength: 0 }],
    ["a path length without cA", constraints(tlv(0x02, Uint8Array.of(1))), { isCa: false, pathLength: 1 }],
    ["known and critical", { extensions: [extension("2.5.29.15", bits(7, 0x80), yes)] }, {
      unknownCritical: [],
      keyUsage: new Set(["digitalSignature"])
    }],
    ["decipherOnly alone", { extensions: [extension("2.5.29.15", bits(7, 0, 0x80))] }, { keyUsage: new Set() }],
    ["unknown and critical", { extensions: [extension("1.2.3.4", Uint8Array.of(9), yes)] }, {
      unknownCritical: ["1.2.3.4"]
    }],
    ["unknown", { extensions: [extension("1.2.3.4", Uint8Array.of(9))] }, { unknownCritical: [] }],
    ["critical FALSE in so many words", {
      extensions: [extension("1.2.3.4", Uint8Array.of(9), tlv(0x01, Uint8Array.of(0)))]
    }, { unknownCritical: [] }],
    ["purposes", { extensions: [extension("2.5.29.37", sequence(oid("2.5.29.37.0"), oid("1.2.840.113549.1")))] }, {
      extendedKeyUsage: new Set(["2.5.29.37.0", "1.2.840.113549.1"])
    }],
    ["unique identifiers before", {
      rest: [
        tlv(0x81, Uint8Array.of(0, 1)),
        tlv(0x82, Uint8Array.of(0, 1)),
        tlv(0xa3, sequence(extension("2.5.29.19", sequence(yes))))
      ]
    }, { isCa: true }]
  ])("%s", (_, parts, expected) => {
    const certificate = parse(forge(parts))
    for (const [key, value] of Object.entries(expected)) {
      assert.deepStrictEqual(certificate[key as keyof Certificate], value)
    }
  })

  it.each<[string, Parts, RegExp]>([
    [
      "one twice",
      { extensions: [extension("1.2.3", Uint8Array.of(5, 0)), extension("1.2.3", Uint8Array.of(5, 0))] },
      /^extension 1\.2\.3 occurs twice$/
    ],
    ["one without value", { extensions: [sequence(oid("1.2.3"))] }, /malformed/],
    ["one without name", { extensions: [sequence(yes, tlv(0x04))] }, /malformed/],
    [
      "one with four fields",
      { extensions: [sequence(oid("1.2.3"), yes, yes, tlv(0x04))] },
      /an extension is malformed/
    ],
    ["a criticality that is no BOOLEAN", { extensions: [extension("1.2.3", tlv(0x05), tlv(0x05))] }, /malformed/],
    ["two lists", { rest: [tlv(0xa3, sequence()), tlv(0xa3, sequence())] }, /its extensions are malformed/],
    [
      "a list out of order",
      { rest: [tlv(0xa3, sequence()), tlv(0x82, Uint8Array.of(0, 1))] },
      /its extensions are malformed/
    ],
    ["an unknown field", { rest: [tlv(0xa4, sequence())] }, /its extensions are malformed/],
    [
      "all of 129",
      { extensions: Array.from({ length: 129 }, (_, index) => extension(`1.2.${index}`, Uint8Array.of(5, 0), yes)) },
      /more than 128/
    ],
    [
      "basicConstraints of another kind",
      { extensions: [extension("2.5.29.19", tlv(0x05))] },
      /2\.5\.29\.19 is malformed/
    ],
    ["a negative path length", constraints(yes, tlv(0x02, Uint8Array.of(0xff))), /2\.5\.29\.19 is malformed/],
    ["a third constraint", constraints(yes, tlv(0x02, Uint8Array.of(0)), tlv(0x05)), /too many fields/],
    [
      "keyUsage of another kind",
      { extensions: [extension("2.5.29.15", tlv(0x04, Uint8Array.of(0)))] },
      /2\.5\.29\.15 is malformed/
    ],
    [
      "purposes that are none",
      { extensions: [extension("2.5.29.37", sequence(text(0x0c, "x")))] },
      /2\.5\.29\.37 is malformed/
    ]
  ])("POSH-MAT-07: leaves out %s", (_, parts, expected) => {
    assert.match(faultsOf(parts), expected)
    const { extendedKeyUsage, isCa, keyUsage, pathLength, unknownCritical } = parse(forge(parts))
    assert.deepStrictEqual([isCa, pathLength, keyUsage, extendedKeyUsage, unknownCritical], [
      false,
      undefined,
      undefined,
      undefined,
      []
    ])
  })

  it("reads the others beside a malformed one", () => {
    const { extendedKeyUsage, faults, isCa } = parse(forge({
      extensions: [
        extension("2.5.29.15", Uint8Array.of(0x30, 0x80, 0, 0), yes),
        extension("2.5.29.19", sequence(yes)),
        sequence(oid("1.2.3"), tlv(0x01, Uint8Array.of(1)), tlv(0x04)),
        extension("2.5.29.37", sequence(oid("1.2.3")))
      ]
    }))
    assert.deepStrictEqual([isCa, extendedKeyUsage], [true, new Set(["1.2.3"])])
    assert.strictEqual(faults.length, 2)
  })

  it("of two that could contradict each other, neither counts, but a critical one stays critical", () => {
    const { isCa, unknownCritical } = parse(forge({
      extensions: [
        extension("2.5.29.19", sequence(yes)),
        extension("1.2.3", Uint8Array.of(5, 0), yes),
        extension("1.2.3", Uint8Array.of(5, 0)),
        extension("2.5.29.19", sequence())
      ]
    }))
    assert.deepStrictEqual([isCa, unknownCritical], [false, ["1.2.3"]])
  })
})

const rsa = (modulus: Uint8Array, ...more: ReadonlyArray<Uint8Array>) => ({
  spki: spkiOf("1.2.840.113549.1.1.1", tlv(0x05), sequence(tlv(0x02, modulus), ...more))
})
const exponent = tlv(0x02, Uint8Array.of(1, 0, 1))
const ec = (curve: Uint8Array | undefined) => ({ spki: spkiOf("1.2.840.10045.2.1", curve, Uint8Array.of(4, 1, 2)) })

describe("public keys", () => {
  it.each<[string, Parts, string, number]>([
    ["RSA of 9 bits", rsa(Uint8Array.of(1, 0x80), exponent), "rsa", 9],
    ["RSA with the octet that keeps it positive", rsa(Uint8Array.of(0, 0x80), exponent), "rsa", 8],
    ["RSA of nothing", rsa(Uint8Array.of(0), exponent), "rsa", 0],
    [
      "RSASSA-PSS",
      { spki: spkiOf("1.2.840.113549.1.1.10", undefined, sequence(tlv(0x02, Uint8Array.of(0x7f)), exponent)) },
      "rsa",
      7
    ],
    ["P-256", ec(oid(p256)), "ec", 256],
    ["P-521", ec(oid("1.3.132.0.35")), "ec", 521],
    ["a curve that nobody knows", ec(oid("1.2.3")), "ec", 0],
    ["a curve without name", ec(sequence()), "ec", 0],
    ["Ed25519", { spki: spkiOf("1.3.101.112", undefined, new Uint8Array(32)) }, "ed25519", 256],
    ["Ed448", { spki: spkiOf("1.3.101.113", undefined, new Uint8Array(57)) }, "ed448", 448],
    ["anything else", { spki: spkiOf("2.16.840.1.101.3.4.3.17", undefined, new Uint8Array(9)) }, "other", 0]
  ])("%s", (_, parts, algorithm, length) => {
    const { publicKey } = parse(forge(parts))
    assert.deepStrictEqual([publicKey.algorithm, publicKey.bits], [algorithm, length])
  })

  it.each<[string, Parts]>([
    ["RSA without exponent", rsa(Uint8Array.of(1))],
    ["RSA with a third number", rsa(Uint8Array.of(1), exponent, exponent)],
    ["RSA in a wrapping of octets", { spki: spkiOf("1.2.840.113549.1.1.1", tlv(0x05), tlv(0x04, Uint8Array.of(1))) }],
    ["RSA with octets behind", {
      spki: spkiOf(
        "1.2.840.113549.1.1.1",
        tlv(0x05),
        Buffer.concat([sequence(tlv(0x02, Uint8Array.of(1)), exponent), Uint8Array.of(0)])
      )
    }],
    ["EC without point", { spki: spkiOf("1.2.840.10045.2.1", oid(p256), new Uint8Array()) }],
    ["Ed25519 of 31 octets", { spki: spkiOf("1.3.101.112", undefined, new Uint8Array(31)) }],
    ["Ed448 of 56 octets", { spki: spkiOf("1.3.101.113", undefined, new Uint8Array(56)) }],
    ["no key", { spki: sequence(sequence(oid("1.3.101.112"))) }],
    ["a key that is no BIT STRING", { spki: sequence(sequence(oid("1.3.101.112")), tlv(0x04, new Uint8Array(32))) }]
  ])("POSH-MAT-07: leaves out %s", (_, parts) => {
    assert.match(faultsOf(parts), /its public key is malformed/)
    const { algorithm, bits } = parse(forge(parts)).publicKey
    assert.deepStrictEqual([algorithm, bits], ["other", 0])
  })
})
