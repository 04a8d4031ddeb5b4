import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { parsePathCertificate } from "../../../src/x509/chain/PathCertificate.ts"
import { oid, sequence, text, tlv } from "./der.ts"
import { certificate, extension, type Parts, utcTimes, yes } from "./forge.ts"

const basicConstraints = "2.5.29.19"
const keyUsage = "2.5.29.15"

const read = (parts: Parts) => Result.getOrThrow(parsePathCertificate(certificate(parts)))

describe("parsePathCertificate", () => {
  it("version 1: no version, no extensions", () => {
    const first = read({ version: [] })
    assert.isFalse(first.isCa)
    assert.isUndefined(first.pathLength)
    assert.isUndefined(first.keyUsage)
    assert.strictEqual(first.extensions.size, 0)
    assert.deepStrictEqual(first.unknownCritical, [])
  })

  it.each([
    ["UTCTime", text(0x17, "491231235959Z"), Date.UTC(2049, 11, 31, 23, 59, 59)],
    ["UTCTime of the last century", text(0x17, "500101000000Z"), Date.UTC(1950, 0, 1)],
    ["GeneralizedTime", text(0x18, "99991231235959Z"), Date.UTC(9999, 11, 31, 23, 59, 59)]
  ])("RFC 5280 §4.1.2.5: %s", (_, time, expected) => {
    assert.strictEqual(read({ times: [utcTimes[0], time] }).notAfter, expected)
  })

  it.each([
    ["empty", tlv(0x30), { isCa: false, pathLength: undefined }],
    ["a CA", sequence(yes), { isCa: true, pathLength: undefined }],
    ["a CA with pathLen", sequence(yes, tlv(0x02, Uint8Array.of(3))), { isCa: true, pathLength: 3 }],
    ["a long pathLen", sequence(yes, tlv(0x02, Uint8Array.of(1, 0, 0, 0, 0))), { isCa: true, pathLength: 0x7fffffff }]
  ])("basicConstraints: %s", (_, value, expected) => {
    const { isCa, pathLength } = read({ extensions: [extension(basicConstraints, value, yes)] })
    assert.deepStrictEqual({ isCa, pathLength }, expected)
  })

  it.each([
    ["keyCertSign and cRLSign", Uint8Array.of(1, 0x06), true],
    ["digitalSignature", Uint8Array.of(7, 0x80), false],
    ["none", Uint8Array.of(0), false]
  ])("keyUsage: %s", (_, bits, expected) => {
    assert.strictEqual(
      read({ extensions: [extension(keyUsage, tlv(0x03, bits), yes)] }).keyUsage?.has("keyCertSign"),
      expected
    )
  })

  it("critical extensions that are not processed", () => {
    const extensions = [
      extension("2.5.29.32", sequence(sequence(oid("2.999.3"))), yes),
      extension("2.5.29.33", sequence(sequence(oid("2.999.3"), oid("2.999.4"))), yes),
      extension("2.5.29.54", tlv(0x02, Uint8Array.of(0)), yes),
      extension("2.999.1", sequence()),
      extension("2.999.2", sequence(), yes)
    ]
    assert.deepStrictEqual(read({ extensions }).unknownCritical, ["2.5.29.33", "2.999.2"])
  })

  const certificates: ReadonlyArray<readonly [string, Parts, RegExp]> = [
    ["RFC 5280 §4.1.1.2: two algorithms", { inner: sequence(oid("1.2.840.10045.4.3.3")) }, /two signature algorithms/],
    ["RFC 5280 §4.2: an extension twice", {
      extensions: [extension("2.999.1", sequence()), extension("2.999.1", sequence())]
    }, /twice/],
    ["a signature that is no BIT STRING", { signature: tlv(0x04, Uint8Array.of(0, 1)) }, /not an X.509/],
    ["a signature with unused bits", { signature: tlv(0x03, Uint8Array.of(1, 2)) }, /malformed/],
    ["times without zone", { times: [utcTimes[0], text(0x17, "360105000000")] }, /validity/],
    ["times with an offset", { times: [utcTimes[0], text(0x17, "360105000000+0100")] }, /validity/],
    ["the 32nd of a month", { times: [utcTimes[0], text(0x17, "360132000000Z")] }, /validity/],
    ["one time", { times: [utcTimes[0]] }, /validity/],
    [
      "pathLen < 0",
      { extensions: [extension(basicConstraints, sequence(yes, tlv(0x02, Uint8Array.of(0x80))))] },
      /INTEGER/
    ],
    ["keyUsage that is no BIT STRING", { extensions: [extension(keyUsage, sequence())] }, /malformed/],
    ["an extension without value", { extensions: [sequence(oid("2.999.1"))] }, /malformed/],
    ["too long", { extensions: [extension("2.999.1", tlv(0x04, new Uint8Array(33_000)))] }, /too long/]
  ]

  it.each(certificates)("refuses: %s", (_, parts, reason) => {
    assert.match(Result.getOrThrow(Result.flip(parsePathCertificate(certificate(parts)))), reason)
  })

  it("POSH-SEC-13: any prefix is refused", () => {
    const der = certificate({ extensions: [extension(basicConstraints, sequence(yes), yes)] })
    for (const length of der.keys()) {
      assert(Result.isFailure(parsePathCertificate(der.subarray(0, length))), `${length} octets`)
    }
    assert(Result.isSuccess(parsePathCertificate(der)))
  })

  it.prop("POSH-SEC-13: reading never throws", [Schema.Uint8Array, Schema.Int, Schema.Int], ([noise, at, length]) => {
    const der = certificate({ extensions: [extension(basicConstraints, sequence(yes), yes)] })
    const start = Math.abs(at) % der.length
    parsePathCertificate(noise)
    parsePathCertificate(Buffer.concat([der.subarray(0, start), noise, der.subarray(start + Math.abs(length) % 8)]))
  })
})
