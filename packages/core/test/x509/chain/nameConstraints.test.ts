import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { makeChainBudget } from "../../../src/x509/chain/ChainBudget.ts"
import { isSameName, readName } from "../../../src/x509/chain/distinguishedName.ts"
import {
  type ClaimedName,
  readClaimedName,
  toClaimedDirectory,
  toClaimedEmail
} from "../../../src/x509/chain/generalName.ts"
import { checkNameConstraints, readNameConstraints } from "../../../src/x509/chain/nameConstraints.ts"
import { readAll } from "../../../src/x509/derReader.ts"
import { type Attribute, name, oid, sequence, text, tlv } from "./der.ts"

const checkNames = (
  names: Parameters<typeof checkNameConstraints>[0],
  constraints: Parameters<typeof checkNameConstraints>[1],
  budget = makeChainBudget()
) => checkNameConstraints(names, constraints, budget)

const dns = (value: string) => text(0x82, value)
const email = (value: string) => text(0x81, value)
const uri = (value: string) => text(0x86, value)
const ip = (...octets: ReadonlyArray<number>) => tlv(0x87, Uint8Array.from(octets))
const directory = (...attributes: ReadonlyArray<Attribute>) => tlv(0xa4, name(...attributes))
const otherName = (type: string, tag: number, value: string) => tlv(0xa0, oid(type), tlv(0xa0, text(tag, value)))
const xmppType = "1.3.6.1.5.5.7.8.5"
const srvType = "1.3.6.1.5.5.7.8.7"
const xmppAddr = (value: string) => otherName(xmppType, 0x0c, value)
const srvName = (value: string) => otherName(srvType, 0x16, value)
const registeredId = tlv(0x88, Uint8Array.of(0x2a, 3))

const utf8 = 0x0c
const printable = 0x13
const country = "2.5.4.6"
const organisation = "2.5.4.10"
const commonName = "2.5.4.3"
const de: Attribute = [country, printable, "DE"]

const constraints = (list: number, ...bases: ReadonlyArray<Uint8Array>) =>
  Result.getOrThrow(readNameConstraints(sequence(tlv(list, ...bases.map((base) => sequence(base))))))

const claim = (octets: Uint8Array): ClaimedName => {
  const [value] = Result.getOrThrow(readAll(octets))
  return Result.getOrThrow(readClaimedName(value!))
}

interface Row {
  readonly title: string
  readonly base: Uint8Array
  readonly name: Uint8Array
  /** Is the name accepted where the base is permitted, and where it is excluded? */
  readonly permitted: boolean
  readonly excluded: boolean
}

const row = (
  title: string,
  base: Uint8Array,
  name: Uint8Array,
  verdict: "inside" | "outside" | "refused" | "free"
): Row => ({
  title,
  base,
  name,
  permitted: verdict === "inside" || verdict === "free",
  excluded: verdict === "outside" || verdict === "free"
})

const rows: ReadonlyArray<Row> = [
  row("dns: itself", dns("a.example"), dns("a.example"), "inside"),
  row("dns: below", dns("a.example"), dns("x.y.a.example"), "inside"),
  row("dns: letter case", dns("A.Example"), dns("x.a.eXAMPLE"), "inside"),
  row("dns: a longer label is another name", dns("a.example"), dns("xa.example"), "outside"),
  row("dns: above", dns("a.example"), dns("example"), "outside"),
  row("dns: empty covers all", dns(""), dns("a.example"), "inside"),
  row("dns: leading dot, below", dns(".a.example"), dns("x.a.example"), "inside"),
  row("dns: leading dot, itself", dns(".a.example"), dns("a.example"), "outside"),
  row("dns: wildcard inside", dns("a.example"), dns("*.a.example"), "inside"),
  row("dns: wildcard that may stand for the base", dns("x.a.example"), dns("*.a.example"), "refused"),
  row("dns: wildcard that cannot stand for the base", dns("y.x.a.example"), dns("*.a.example"), "outside"),
  row("dns: a trailing dot hides nothing", dns("a.example"), dns("x.a.example."), "refused"),
  row("dns: a name that is none", dns("a.example"), dns("a b"), "refused"),
  row("dns: an inner wildcard", dns("a.example"), dns("x.*.a.example"), "refused"),
  row("dns constraint, other form", dns("a.example"), email("me@b.example"), "free"),
  row("email: the mailbox", email("me@a.example"), email("me@A.example"), "inside"),
  row("email: another mailbox", email("me@a.example"), email("you@a.example"), "outside"),
  row("email: mailboxes differ by case", email("me@a.example"), email("Me@a.example"), "outside"),
  row("email: the host", email("a.example"), email("you@a.example"), "inside"),
  row("email: a host below", email("a.example"), email("you@x.a.example"), "outside"),
  row("email: leading dot, below", email(".a.example"), email("you@x.a.example"), "inside"),
  row("email: leading dot, the host", email(".a.example"), email("you@a.example"), "outside"),
  row("email: no mailbox", email("a.example"), email("a.example"), "refused"),
  row("uri: the host", uri("a.example"), uri("https://me@A.example:8443/x?y@b.example"), "inside"),
  row("uri: another host in the path", uri("a.example"), uri("https://b.example/@a.example"), "outside"),
  row("uri: a host below", uri("a.example"), uri("https://x.a.example"), "outside"),
  row("uri: a wildcard is no host", uri(".a.example"), uri("https://*.a.example"), "refused"),
  row("uri: leading dot, below", uri(".a.example"), uri("https://x.a.example"), "inside"),
  row("RFC 5280 §4.2.1.10: a URI without host", uri("a.example"), uri("xmpp:me@a.example"), "refused"),
  row("RFC 5280 §4.2.1.10: a URI with an address", uri("a.example"), uri("https://192.0.2.1/"), "refused"),
  row("ip: in the network", ip(192, 0, 2, 0, 255, 255, 255, 0), ip(192, 0, 2, 77), "inside"),
  row("ip: next to the network", ip(192, 0, 2, 0, 255, 255, 255, 0), ip(192, 0, 3, 77), "outside"),
  row("ip: other family", ip(0, 0, 0, 0, 0, 0, 0, 0), ip(...Array<number>(16).fill(1)), "outside"),
  row("ip: of no family", ip(0, 0, 0, 0, 0, 0, 0, 0), ip(1, 2, 3), "refused"),
  row(
    "ip: IPv6",
    ip(0x20, 1, ...Array(14).fill(0), 255, 255, ...Array(14).fill(0)),
    ip(0x20, 1, ...Array(14).fill(7)),
    "inside"
  ),
  row("directory: prefix", directory(de), directory(de, [organisation, utf8, "X"]), "inside"),
  row("directory: itself", directory(de), directory(de), "inside"),
  row("directory: longer than the name", directory(de, [organisation, utf8, "X"]), directory(de), "outside"),
  row("directory: other order", directory(de), directory([organisation, utf8, "X"], de), "outside"),
  row(
    "RFC 5280 §7.1: case, white space and string type",
    directory([organisation, printable, "Some  Name"]),
    directory([organisation, utf8, " some name "]),
    "inside"
  ),
  row(
    "directory: other attribute",
    directory([commonName, utf8, "X"]),
    directory([organisation, utf8, "X"]),
    "outside"
  ),
  row("RFC 4985 §4: a domain, itself", srvName("a.example"), srvName("_xmpp-server.A.example"), "inside"),
  row("RFC 4985 §4: a domain, below", srvName("a.example"), srvName("_xmpp-server.x.a.example"), "inside"),
  row("RFC 4985 §4: a domain, not a longer label", srvName("a.example"), srvName("_xmpp-server.xa.example"), "outside"),
  row("RFC 4985 §4: a service, any domain", srvName("_xmpp-server"), srvName("_xmpp-server.b.example"), "inside"),
  row("RFC 4985 §4: a service, another", srvName("_xmpp-server"), srvName("_xmpp-client.b.example"), "outside"),
  row("RFC 4985 §4: both", srvName("_xmpp-server.a.example"), srvName("_xmpp-server.x.a.example"), "inside"),
  row("RFC 4985 §4: both, other service", srvName("_imaps.a.example"), srvName("_xmpp-server.a.example"), "outside"),
  row("RFC 4985 §4: both, other domain", srvName("_imaps.a.example"), srvName("_imaps.b.example"), "outside"),
  row("srv: a name without service", srvName("a.example"), srvName("a.example"), "refused"),
  row("srv: a wildcard", srvName("a.example"), srvName("_xmpp-server.*.a.example"), "refused"),
  row("srv: another string type", srvName("a.example"), otherName(srvType, 0x0c, "_imaps.a.example"), "refused"),
  row("xmpp: itself", xmppAddr("a.example"), xmppAddr("A.example"), "inside"),
  row("xmpp: below", xmppAddr("a.example"), xmppAddr("x.a.example"), "inside"),
  row("xmpp: another domain", xmppAddr("a.example"), xmppAddr("b.example"), "outside"),
  row("xmpp: the domain of a JID", xmppAddr("a.example"), xmppAddr("me@a.example/b.example"), "inside"),
  row("xmpp: another domain of a JID", xmppAddr("a.example"), xmppAddr("b.example/me@a.example"), "outside"),
  row("xmpp: U-labels are not compared", xmppAddr("a.example"), xmppAddr("ä.a.example"), "refused"),
  row("xmpp: another string type", xmppAddr("a.example"), otherName(xmppType, 0x16, "a.example"), "refused"),
  row("xmpp constraint, other form", xmppAddr("a.example"), srvName("_xmpp-server.b.example"), "free"),
  row("dns constraint, other form: SRVName", dns("a.example"), srvName("_xmpp-server.b.example"), "free"),
  row("unprocessed form: otherName", otherName("2.999.1", 0x0c, "x"), otherName("2.999.1", 0x0c, "x"), "refused"),
  row("unprocessed form, other type of otherName", otherName("2.999.1", 0x0c, "x"), xmppAddr("a.example"), "free"),
  row("unprocessed form: registeredID", registeredId, registeredId, "refused")
]

describe("name constraints (RFC 5280 §4.2.1.10)", () => {
  it.each(rows)("$title", ({ base, excluded, name, permitted }) => {
    assert.strictEqual(Result.isSuccess(checkNames([claim(name)], [constraints(0xa0, base)])), permitted, "permitted")
    assert.strictEqual(Result.isSuccess(checkNames([claim(name)], [constraints(0xa1, base)])), excluded, "excluded")
  })

  it("one of several permitted subtrees suffices, in one extension", () => {
    const both = constraints(0xa0, dns("a.example"), dns("b.example"))
    assert.deepStrictEqual(checkNames([claim(dns("b.example")), claim(dns("a.example"))], [both]), Result.void)
    assert(Result.isFailure(checkNames([claim(dns("b.example"))], [both, constraints(0xa0, dns("a.example"))])))
  })

  it("POSH-SEC-13: comparisons are counted over all chains of a question", () => {
    const budget = makeChainBudget()
    const names = Array.from({ length: 200 }, (_, index) => claim(dns(`n${index}.example`)))
    const many = constraints(0xa0, ...Array.from({ length: 200 }, () => dns("example")))
    assert.deepStrictEqual(checkNames(names, [many], budget), Result.void)
    assert.deepStrictEqual(checkNames(names, [many], budget), Result.fail("too many constrained names"))
  })

  it("every name counts", () => {
    const only = constraints(0xa0, dns("a.example"))
    assert(Result.isFailure(checkNames([claim(dns("a.example")), claim(dns("b.example"))], [only])))
  })

  it("subjects and their mailboxes", () => {
    const subject = Result.getOrThrow(readName(name(de, ["1.2.840.113549.1.9.1", 0x16, "me@a.example"])))
    assert(Result.isSuccess(checkNames([toClaimedDirectory(subject)], [constraints(0xa0, directory(de))])))
    assert(Result.isFailure(checkNames([toClaimedDirectory(subject)], [constraints(0xa1, directory(de))])))
    assert.strictEqual(subject.emails.length, 1)
    assert(Result.isSuccess(checkNames(subject.emails.map(toClaimedEmail), [constraints(0xa0, email("a.example"))])))
    assert(Result.isFailure(checkNames(subject.emails.map(toClaimedEmail), [constraints(0xa1, email("a.example"))])))
  })

  it("RFC 5280 §7.1: the attributes of one RDN have no order, RDNs have", () => {
    const attributes = [[country, printable, "DE"], [organisation, utf8, "X"]] as const
    const [one, two] = attributes.map(([type, tag, value]) => sequence(oid(type), text(tag, value)))
    const read = (...rdns: ReadonlyArray<Uint8Array>) => Result.getOrThrow(readName(sequence(...rdns)))
    assert.isTrue(isSameName(read(tlv(0x31, one!, two!)), read(tlv(0x31, two!, one!))))
    assert.isFalse(isSameName(read(tlv(0x31, one!), tlv(0x31, two!)), read(tlv(0x31, two!), tlv(0x31, one!))))
    assert.isFalse(isSameName(read(tlv(0x31, one!, two!)), read(tlv(0x31, one!), tlv(0x31, two!))))
    assert.isFalse(isSameName(read(tlv(0x31, one!)), read()))
  })

  const malformed: ReadonlyArray<readonly [string, Uint8Array]> = [
    ["minimum", sequence(tlv(0xa0, sequence(dns("a.example"), tlv(0x80, Uint8Array.of(1)))))],
    ["maximum", sequence(tlv(0xa0, sequence(dns("a.example"), tlv(0x81, Uint8Array.of(1)))))],
    ["no base", sequence(tlv(0xa0, sequence()))],
    ["a mask with gaps", sequence(tlv(0xa0, sequence(ip(192, 0, 2, 0, 255, 0, 255, 0))))],
    ["an address without mask", sequence(tlv(0xa0, sequence(ip(192, 0, 2, 0))))],
    ["a host that is none", sequence(tlv(0xa1, sequence(dns("*.a.example"))))],
    ...["", "_", "_imaps.", ".a.example", "_imaps..a.example", "_imaps._tcp.a.example", "*.a.example"].map(
      (value) => [`SRVName "${value}"`, sequence(tlv(0xa0, sequence(srvName(value))))] as const
    ),
    ...["", ".a.example", "me@a.example", "a.example/x", "*.a.example", "ä.example"].map(
      (value) => [`XmppAddr "${value}"`, sequence(tlv(0xa1, sequence(xmppAddr(value))))] as const
    ),
    ["an unknown tag", sequence(tlv(0xa0, sequence(tlv(0x89, Uint8Array.of(1)))))],
    ["cut off", sequence(tlv(0xa0, sequence(dns("a.example")))).slice(0, -1)]
  ]

  it.each(malformed)("malformed: %s", (_, value) => assert(Result.isFailure(readNameConstraints(value))))
})
