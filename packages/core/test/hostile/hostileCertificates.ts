/**
 * Certificates that mean harm, and what each is taken for. One that can be read is accepted where a domain vouches for
 * it, however odd it is: what it says of itself is no reason to believe or to refuse it (POSH-MAT-01, POSH-MAT-03,
 * POSH-MAT-07).
 */
import { bits, extension, forge, type Parts, spkiOf, yes } from "../forged.ts"
import { name, oid, sequence, text, tlv } from "../x509/chain/der.ts"

export interface HostileCertificate {
  readonly what: string
  readonly der: Uint8Array
  readonly readable: boolean
}

const good = (what: string, parts: Parts): HostileCertificate => ({ what, der: forge(parts), readable: true })
const bad = (what: string, parts: Parts): HostileCertificate => ({ what, der: forge(parts), readable: false })
const octets = (what: string, der: Uint8Array): HostileCertificate => ({ what, der, readable: false })

const filled = (size: number, octet: number | string = 0x7f) => Buffer.alloc(size, octet)
const many = (count: number, value: Uint8Array) => Array.from({ length: count }, () => value)
const integer = (...content: ReadonlyArray<number>) => tlv(0x02, Uint8Array.from(content))
const hugeOid = (size: number) => tlv(0x06, Uint8Array.of(0x55), filled(size, 0xff), Uint8Array.of(1))
const nested = (depth: number): Uint8Array => {
  let value: Uint8Array = new Uint8Array()
  for (let level = 0; level < depth; level += 1) value = tlv(0x30, value)
  return value
}
const subjectOf = (type: Uint8Array, value: Uint8Array) => sequence(tlv(0x31, sequence(type, value)))
const commonName = oid("2.5.4.3")
const names = (...values: ReadonlyArray<Uint8Array>): Parts => ({
  extensions: [extension("2.5.29.17", sequence(...values))]
})
const times = (tag: number, from: string, to: string): Parts => ({ times: [text(tag, from), text(tag, to)] })
const rsa = (modulus: Uint8Array, exponent: Uint8Array): Parts => ({
  spki: spkiOf("1.2.840.113549.1.1.1", tlv(0x05), sequence(modulus, exponent))
})
const ec = (parameters: Uint8Array, ...point: ReadonlyArray<number>): Parts => ({
  spki: spkiOf("1.2.840.10045.2.1", parameters, Uint8Array.from(point))
})
const p256 = oid("1.2.840.10045.3.1.7")

/** A certificate of exactly this size. */
const sized = (size: number): Uint8Array => {
  const padded = (padding: number) => forge({ extensions: [extension("1.2.3.4", filled(padding))] })
  return padded(size - padded(size - 300).length + size - 300)
}

export const certificateLimit = 32 * 1_024

/** By size and shape. */
const large: ReadonlyArray<HostileCertificate> = [
  { what: "exactly 32 KiB", der: sized(certificateLimit), readable: true },
  octets("one octet more", sized(certificateLimit + 1)),
  octets("1 MiB", sized(1 << 20)),
  good("6,000 names", names(...many(6_000, text(0x82, "abc")))),
  good("16,000 empty names", names(...many(16_000, text(0x82, "")))),
  good("1,700 addresses", names(...many(1_700, tlv(0x87, filled(16))))),
  good(
    "1,500 XMPP addresses",
    names(...many(1_500, tlv(0xa0, oid("1.3.6.1.5.5.7.8.5"), tlv(0xa0, text(0x0c, "a@b")))))
  ),
  good("480 purposes of 60 octets", { extensions: [extension("2.5.29.37", sequence(...many(480, hugeOid(60))))] }),
  good("a subject of 90 parts", {
    subject: sequence(...many(90, tlv(0x31, sequence(commonName, text(0x0c, "x".repeat(300))))))
  }),
  good("a subject of 30 KiB", { subject: subjectOf(commonName, text(0x0c, "x".repeat(30_000))) }),
  good("a serial number of 30 KiB", { serial: tlv(0x02, filled(30_000)) }),
  good("200 extensions", {
    extensions: Array.from({ length: 200 }, (_, index) => extension(`1.2.3.${index}`, filled(9)))
  }),
  good("sequences 100 deep", { subject: nested(100) }),
  good("sequences 8,000 deep", { subject: nested(8_000) }),
  octets("nothing but sequences 10,000 deep", nested(10_000)),
  good("600 elements", { subject: sequence(...many(600, tlv(0x05))) }),
  good("names 100 deep", names(nested(100))),
  good("an attribute type of 15 KiB", { extensions: [sequence(hugeOid(15_000), tlv(0x04))] }),
  good("a key algorithm of 30 KiB", { spki: sequence(sequence(hugeOid(30_000)), bits(0, 1)) }),
  good("purposes of 30 KiB", { extensions: [extension("2.5.29.37", sequence(hugeOid(30_000)))] })
]

const indefinite = (der: Uint8Array) => Buffer.concat([Uint8Array.of(0x30, 0x80), der.subarray(4), Uint8Array.of(0, 0)])

/** By how it is written down. */
const encodings: ReadonlyArray<HostileCertificate> = [
  octets("an indefinite length (BER)", indefinite(forge({ extensions: [extension("1.2.3.4", filled(200))] }))),
  octets(
    "a length of more octets than needed",
    Buffer.concat([
      Uint8Array.of(0x30, 0x83, 0),
      forge({ extensions: [extension("1.2.3.4", filled(200))] }).subarray(2)
    ])
  ),
  octets("a length of 4 GiB", Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0)),
  octets("a length of 2^1016", Buffer.concat([Uint8Array.of(0x30, 0xff), filled(127, 0xff)])),
  octets("an octet after it", Buffer.concat([forge(), Uint8Array.of(0)])),
  octets("an octet less", forge().subarray(0, -1)),
  octets("two in a row", Buffer.concat([forge(), forge()])),
  octets("a tag of many octets", Buffer.concat([Uint8Array.of(0x3f), filled(64, 0xff), forge()])),
  octets("nothing", new Uint8Array()),
  octets("a private key", Buffer.concat([Uint8Array.of(0x30, 5), integer(0), Uint8Array.of(0x30, 0)])),
  octets("text", Buffer.from("-----BEGIN CERTIFICATE-----")),
  good("a negative serial number", { serial: integer(0xff) }),
  good("the serial number 0", { serial: integer(0) }),
  good("no serial number", { serial: integer() }),
  good("a padded serial number", { serial: integer(0, 1) }),
  good("two signature algorithms", { inner: sequence(oid("1.2.840.113549.1.1.11"), tlv(0x05)) }),
  good("a signature of nothing", { signature: bits(0) }),
  good("a signature of a broken octet", { signature: bits(9, 1) }),
  bad("a fourth field", { more: [tlv(0x05)] }),
  bad("month 13", times(0x17, "261305000000Z", "360105000000Z")),
  bad("30 February", times(0x17, "260230000000Z", "360105000000Z")),
  bad("24 o'clock", times(0x17, "260105240000Z", "360105000000Z")),
  bad("no seconds", times(0x17, "2601050000Z", "3601050000Z")),
  bad("local time", times(0x17, "260105000000+0100", "360105000000+0100")),
  bad("fractions of seconds", times(0x18, "20260105000000.5Z", "20360105000000.5Z")),
  bad("a time of 30,000 digits", times(0x18, "2".repeat(30_000), "3")),
  bad("text for times", times(0x0c, "260105000000Z", "360105000000Z")),
  good("until the end of time", times(0x18, "20260105000000Z", "99991231235959Z")),
  good("from the year 0", times(0x18, "00000101000000Z", "99991231235959Z"))
]

/** By what it says of itself. */
const contents: ReadonlyArray<HostileCertificate> = [
  good("a name that ends at a NUL", names(text(0x82, "good.net\0.evil.net"))),
  good("a subject with controls", { subject: name(["2.5.4.3", 0x0c, "a\r\nb\u0000c\u202ed"]) }),
  good("a subject that is not UTF-8", { subject: subjectOf(commonName, tlv(0x0c, Uint8Array.of(0xff, 0xfe, 0x80))) }),
  good("a name that is not ASCII", names(tlv(0x82, Uint8Array.of(0xff)))),
  good(
    "an XMPP address that is not UTF-8",
    names(tlv(0xa0, oid("1.3.6.1.5.5.7.8.5"), tlv(0xa0, tlv(0x0c, Uint8Array.of(0xff)))))
  ),
  good("an address of 5 octets", names(tlv(0x87, filled(5)))),
  good("names that are none", { extensions: [extension("2.5.29.17", Buffer.from("names"))] }),
  good("an extension that nobody knows, critical", { extensions: [extension("1.2.3.4", filled(9), yes)] }),
  good("an extension twice", { extensions: many(2, extension("1.2.3.4", filled(9))) }),
  good("constraints that are none", { extensions: [extension("2.5.29.19", filled(9))] }),
  good("an RSA modulus of 240,000 bits", rsa(tlv(0x02, filled(30_000)), integer(3))),
  good("an RSA exponent of 240,000 bits", rsa(integer(0x7f), tlv(0x02, filled(30_000)))),
  good("an RSA exponent of 0", rsa(tlv(0x02, filled(256)), integer(0))),
  good("a negative RSA modulus", rsa(integer(0x80), integer(3))),
  good("an RSA key without numbers", rsa(tlv(0x05), tlv(0x05))),
  good("a point off its curve", ec(p256, 4, ...filled(64))),
  good("the point at infinity", ec(p256, 0)),
  good("a compressed point off its curve", ec(p256, 2, ...filled(32, 0xff))),
  good("a point of 30,000 octets", ec(p256, 4, ...filled(30_000))),
  good("no point", ec(p256)),
  good(
    "a curve of its own, over a field of 100,000 bits",
    ec(
      sequence(
        integer(1),
        sequence(oid("1.2.840.10045.1.1"), tlv(0x02, filled(12_500))),
        sequence(tlv(0x04, Uint8Array.of(1)), tlv(0x04, Uint8Array.of(1))),
        tlv(0x04, Uint8Array.of(4, 1, 1)),
        integer(7)
      ),
      4,
      1,
      1
    )
  ),
  good("a DSA key of 80,000 bits", {
    spki: spkiOf("1.2.840.10040.4.1", sequence(...many(3, tlv(0x02, filled(10_000)))), integer(3))
  }),
  good("a key of no known kind", { spki: spkiOf("1.2.3.4", undefined, filled(30_000)) }),
  good("an Ed25519 key of 31 octets", { spki: spkiOf("1.3.101.112", undefined, filled(31)) })
]

export const hostileCertificates = [...large, ...encodings, ...contents]
