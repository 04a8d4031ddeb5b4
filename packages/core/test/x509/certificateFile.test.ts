/** Files of certificates, as authorities publish them and as strangers could. */
import { assert, describe, it } from "@effect/vitest"
import { forge } from "@posh/testing"
import { Result, Schema } from "effect"
import { issuerLimits } from "../../src/Limits.ts"
import { parseCertificateFile } from "../../src/x509/certificateFile.ts"
import { oid, sequence, text, tlv } from "./chain/der.ts"

const [a, b] = [forge(undefined, { subject: "A" }).der, forge(undefined, { subject: "B" }).der]
const integer = (value: number) => tlv(0x02, Uint8Array.of(value))
const data = sequence(oid("1.2.840.113549.1.7.1"))

/** A "certs-only" message (RFC 5652 §5.1), part by part. */
const signedData = (...choices: ReadonlyArray<Uint8Array>) =>
  sequence(integer(1), tlv(0x31), data, tlv(0xa0, ...choices), tlv(0x31))
const cms = (content: Uint8Array, type = "1.2.840.113549.1.7.2") => sequence(oid(type), tlv(0xa0, content))

const pem = (der: Uint8Array, label = "CERTIFICATE") =>
  Buffer.from(`-----BEGIN ${label}-----\n${Buffer.from(der).toString("base64")}\n-----END ${label}-----\n`)

interface Row {
  readonly name: string
  readonly octets: Uint8Array
  /** What is found, or why nothing is. */
  readonly found: ReadonlyArray<Uint8Array> | RegExp
}

const rows: ReadonlyArray<Row> = [
  { name: "one certificate", octets: a, found: [a] },
  { name: "CMS with one", octets: cms(signedData(a)), found: [a] },
  { name: "CMS with two, in order", octets: cms(signedData(b, a)), found: [b, a] },
  { name: "one that comes twice", octets: cms(signedData(a, b, a)), found: [a, b] },
  { name: "attribute certificates beside it", octets: cms(signedData(tlv(0xa2, a), a, tlv(0xa1, a))), found: [a] },
  { name: "one that cannot be read beside it", octets: cms(signedData(sequence(integer(1)), a)), found: [a] },
  {
    name: "CRLs and signers beside it",
    octets: cms(sequence(integer(1), tlv(0x31), data, tlv(0xa0, a), tlv(0xa1, a), tlv(0x31, sequence()))),
    found: [a]
  },
  { name: "PEM", octets: pem(a), found: [a] },
  { name: "PEM of two", octets: Buffer.concat([pem(a), pem(b)]), found: [a, b] },
  { name: "nothing", octets: new Uint8Array(), found: /neither DER nor PEM/ },
  { name: "HTML", octets: Buffer.from("<html>"), found: /neither DER nor PEM/ },
  { name: "base64 without PEM", octets: Buffer.from(Buffer.from(a).toString("base64")), found: /neither DER nor PEM/ },
  { name: "octets after it", octets: Buffer.concat([a, Uint8Array.of(0)]), found: /malformed/ },
  { name: "cut off", octets: a.subarray(0, -1), found: /malformed/ },
  { name: "an indefinite length (BER)", octets: Uint8Array.of(0x30, 0x80, ...a, 0, 0), found: /malformed/ },
  { name: "a SEQUENCE of nothing", octets: sequence(), found: /neither a certificate nor/ },
  { name: "what only begins as a certificate", octets: sequence(sequence()), found: /no certificate/ },
  { name: "CMS of another type", octets: cms(a, "1.2.840.113549.1.7.1"), found: /neither a certificate nor/ },
  { name: "CMS without content", octets: sequence(oid("1.2.840.113549.1.7.2")), found: /neither a certificate nor/ },
  {
    name: "CMS without certificates",
    octets: cms(sequence(integer(1), tlv(0x31), data, tlv(0x31))),
    found: /no certificate/
  },
  { name: "CMS with an empty set", octets: cms(signedData()), found: /no certificate/ },
  {
    name: "as many as are read",
    octets: cms(signedData(...Array.from({ length: issuerLimits.certificates }, () => a))),
    found: [a]
  },
  {
    name: "one more",
    octets: cms(signedData(...Array.from({ length: issuerLimits.certificates + 1 }, () => a))),
    found: /more than 16/
  },
  {
    name: "thousands of nothing",
    octets: cms(signedData(...Array.from({ length: 20_000 }, () => tlv(0x05)))),
    found: /more than 16/
  },
  { name: "a private key", octets: pem(a, "PRIVATE KEY"), found: /private key/ },
  { name: "PEM of something else", octets: pem(a, "PKCS7"), found: /not CERTIFICATE/ },
  { name: "a name in place of a certificate", octets: sequence(text(0x0c, "x")), found: /neither a certificate nor/ }
]

const read = (octets: Uint8Array) =>
  Result.map(parseCertificateFile(octets), (ders) => ders.map((der) => Buffer.from(der).toString("hex")))

describe("parseCertificateFile", () => {
  it.each(rows)("$name", ({ found, octets }) => {
    const result = read(octets)
    if (found instanceof RegExp) assert.match(Result.getOrThrow(Result.flip(result)), found)
    else assert.deepStrictEqual(Result.getOrThrow(result), found.map((der) => Buffer.from(der).toString("hex")))
  })

  it("gives copies, which keep no response alive", () => {
    const octets = cms(signedData(a))
    const [copy] = Result.getOrThrow(parseCertificateFile(octets))
    assert.notStrictEqual(copy?.buffer, octets.buffer)
    assert.strictEqual(copy?.buffer.byteLength, copy?.length)
  })

  it.prop(
    "whatever octets are spoilt, there is no defect, and no more than fits",
    [Schema.Int, Schema.Int],
    ([at, value]) => {
      const octets = Uint8Array.from(cms(signedData(a, b)))
      octets[Math.abs(at) % octets.length] = value & 0xff
      const result = parseCertificateFile(octets)
      if (Result.isSuccess(result)) assert.isAtMost(result.success.length, 2)
    }
  )

  it("is linear: no prefix of a file is a file", () => {
    const octets = cms(signedData(a))
    for (let end = 0; end < octets.length; end += 1) {
      assert.isTrue(Result.isFailure(parseCertificateFile(octets.subarray(0, end))))
    }
  })
})
