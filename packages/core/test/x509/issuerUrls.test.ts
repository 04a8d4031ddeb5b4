/** What is read of authorityInfoAccess; whoever makes a certificate chooses its octets. */
import { assert, describe, it } from "@effect/vitest"
import { forge, forgedExtension, issuerAccess } from "@posh/testing"
import { Schema } from "effect"
import { issuerLimits } from "../../src/Limits.ts"
import { readIssuerUrls } from "../../src/x509/issuerUrls.ts"
import { oid, sequence, text, tlv } from "./chain/der.ts"

const access = "1.3.6.1.5.5.7.1.1"
const caIssuers = "1.3.6.1.5.5.7.48.2"
const ocsp = "1.3.6.1.5.5.7.48.1"
const uri = (value: string) => text(0x86, value)
const description = (method: string, location: Uint8Array) => sequence(oid(method), location)

const leaf = (...values: ReadonlyArray<Uint8Array>) =>
  forge(undefined, { more: values.map((value) => forgedExtension(access, value)) }).der

const one = "http://ca.example/issuer.cer"
const many = (count: number) => Array.from({ length: count }, (_, index) => `http://ca.example/${index}`)

interface Row {
  readonly name: string
  readonly der: Uint8Array
  readonly urls: ReadonlyArray<string>
}

const rows: ReadonlyArray<Row> = [
  { name: "no extension", der: leaf(), urls: [] },
  { name: "one URL", der: leaf(issuerAccess([one])), urls: [one] },
  {
    name: "OCSP beside it, and names of other kinds",
    der: leaf(sequence(
      description(ocsp, uri("http://ocsp.example")),
      description(caIssuers, text(0x82, "ca.example")),
      description(caIssuers, tlv(0xa4, sequence())),
      description(caIssuers, uri("ldap:///CN=CA")),
      description(caIssuers, uri(one))
    )),
    urls: ["ldap:///CN=CA", one]
  },
  { name: "no order of preference but its own", der: leaf(issuerAccess(["b:", "a:"])), urls: ["b:", "a:"] },
  { name: "the first of many", der: leaf(issuerAccess(many(30))), urls: many(issuerLimits.urlsOfCertificate) },
  { name: "more than are counted", der: leaf(issuerAccess(many(33))), urls: [] },
  {
    name: "octets that no URI has stay what they are",
    der: leaf(issuerAccess(["http://b\u0000ü"])),
    urls: ["http://b\u0000Ã¼"]
  },
  { name: "twice: the two could contradict each other", der: leaf(issuerAccess([one]), issuerAccess([one])), urls: [] },
  { name: "empty", der: leaf(new Uint8Array()), urls: [] },
  { name: "a SEQUENCE of nothing", der: leaf(sequence()), urls: [] },
  { name: "cut off", der: leaf(issuerAccess([one]).subarray(0, -1)), urls: [] },
  { name: "trailing octets", der: leaf(Buffer.concat([issuerAccess([one]), Uint8Array.of(5, 0)])), urls: [] },
  { name: "no location", der: leaf(sequence(sequence(oid(caIssuers)))), urls: [] },
  { name: "three members", der: leaf(sequence(sequence(oid(caIssuers), uri(one), uri(one)))), urls: [] },
  { name: "no OID", der: leaf(sequence(sequence(uri(one), uri(one)))), urls: [] },
  { name: "a constructed URI", der: leaf(sequence(description(caIssuers, tlv(0xa6, uri(one))))), urls: [] },
  { name: "an indefinite length", der: leaf(Uint8Array.of(0x30, 0x80, 0, 0)), urls: [] },
  { name: "no certificate", der: Uint8Array.of(0x30, 0), urls: [] },
  { name: "nothing", der: new Uint8Array(), urls: [] }
]

describe("readIssuerUrls", () => {
  it.each(rows)("$name", ({ der, urls }) => {
    assert.deepStrictEqual(readIssuerUrls(der), urls)
  })

  it.prop("any octets in its place give few texts, and no defect", [Schema.Array(Schema.Int)], ([octets]) => {
    assert.isAtMost(readIssuerUrls(leaf(Uint8Array.from(octets))).length, issuerLimits.urlsOfCertificate)
  })
})
