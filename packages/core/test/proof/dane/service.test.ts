/** From a question to what DANE says, with real certificates, zones that are really signed, and a real resolver. */
import { assert, describe, it } from "@effect/vitest"
import { DNSSEC_TTL, type DnssecZone, issue, makeUnbound, rootCa } from "@posh/testing"
import { Context, Effect, Layer } from "effect"
import * as ValidatingResolver from "../../../src/node/dns/ValidatingResolver.ts"
import { type DaneResult, decideDane } from "../../../src/proof/dane/decideDane.ts"
import { lookupService } from "../../../src/proof/dane/lookupService.ts"
import { makeTlsaMatcher } from "../../../src/proof/dane/matchTlsa.ts"
import { SecureResolver } from "../../../src/proof/dane/SecureResolver.ts"
import { defaultUsages, type TlsaRecord } from "../../../src/proof/dane/Tlsa.ts"
import { domain, presenting, server, tlsa } from "./world.ts"

const makeCertificates = Effect.gen(function*() {
  const root = yield* rootCa()
  const ca = yield* issue(root, { subject: "CN=Hosting CA", ca: true })
  const leaf = yield* issue(ca, { dnsNames: ["xmpp.host.example"] })
  return { ca, leaf, other: yield* issue(ca, { dnsNames: ["xmpp.other.example"] }) }
})
type Certificates = Effect.Success<typeof makeCertificates>

const zoneText = ({ data, matching, selector, usage }: TlsaRecord): string =>
  `TLSA ${usage} ${selector} ${matching} ${Buffer.from(data).toString("hex")}`

/** A tenant whose service is at this target. */
const tenant = (name: string, target: string, denial?: "unsigned"): DnssecZone => ({
  name,
  records: `_xmpp-server._tcp SRV 10 5 5269 ${target}.`,
  ...(denial === undefined ? {} : { denial })
})
const bySrv = (label: string, ...targets: ReadonlyArray<string>): string =>
  targets.map((target) => `_xmpp-server._tcp.${label} SRV 10 5 5269 ${target}.`).join("\n")

/** Spoils the signatures of one type. */
const forgeType = (type: string) => (text: string): string =>
  text.replaceAll(
    new RegExp(`^(\\S+\\s+\\d+\\s+IN\\s+RRSIG\\s+${type}\\s.*\\s)(\\S)(\\S+)$`, "gm"),
    (_line, before: string, first: string, others: string) => `${before}${first === "A" ? "B" : "A"}${others}`
  )

const zonesOf = ({ ca, leaf, other }: Certificates): ReadonlyArray<DnssecZone> => {
  const good = zoneText(tlsa("3 1 1", leaf))
  const bad = zoneText(tlsa("3 1 1", other))
  return [
    { name: "example", records: "" },
    {
      name: "host.example",
      records: [
        ...["xmpp", "ta", "whole", "rolling", "many", "none", "bad", "odd", "wild"].map((label) =>
          `${label} A 192.0.2.1`
        ),
        `_5269._tcp.xmpp ${good}`,
        `_5269._tcp.bad ${bad}`,
        `_5269._tcp.ta ${zoneText(tlsa("2 1 1", ca))}`,
        `_5269._tcp.whole ${zoneText(tlsa("2 0 0", ca))}`,
        `_5269._tcp.rolling ${bad}`,
        `_5269._tcp.rolling ${good}`,
        // More than fits into a datagram.
        ...Array.from({ length: 20 }, (_, index) => `_5269._tcp.many TLSA 3 1 1 ${String(index).padStart(64, "0")}`),
        `_5269._tcp.many ${good}`,
        `_5269._tcp.odd TLSA 3 1 1 00`,
        `_5269._tcp.odd TLSA 9 9 9 00`,
        `*._tcp.wild ${good}`,
        `_5269._tcp.shared CNAME tlsa`,
        `tlsa ${good}`,
        "shared A 192.0.2.1",
        "alias CNAME xmpp",
        "oldalias CNAME none",
        `_5269._tcp.oldalias ${good}`,
        "outalias CNAME xmpp.plain.example.",
        "tree DNAME host.example."
      ].join("\n")
    },
    {
      name: "plain.example",
      denial: "unsigned",
      records: `xmpp A 192.0.2.1\n_5269._tcp.xmpp ${good}\n${bySrv("srv", "xmpp.host.example")}`
    },
    { name: "noaddress.example", forge: forgeType("A"), records: `xmpp A 192.0.2.1\n_5269._tcp.xmpp ${good}` },
    { name: "notlsa.example", forge: forgeType("TLSA"), records: `xmpp A 192.0.2.1\n_5269._tcp.xmpp ${good}` },
    { ...tenant("forged.example", "xmpp.host.example"), forge: forgeType("SRV") },
    { ...tenant("expired.example", "xmpp.host.example"), expired: true },
    tenant("unsigned.example", "xmpp.host.example", "unsigned"),
    {
      name: "im.example",
      records: [
        ...[
          "xmpp",
          "ta",
          "whole",
          "rolling",
          "many",
          "none",
          "bad",
          "odd",
          "wild",
          "shared",
          "alias",
          "oldalias",
          "outalias"
        ].map((label) => bySrv(label, `${label}.host.example`)),
        bySrv("bytree", "xmpp.tree.host.example"),
        bySrv("two", "bad.host.example", "xmpp.host.example"),
        bySrv("oneleft", "notlsa.invalid", "xmpp.host.example"),
        bySrv("rescued", "xmpp.notlsa.example", "xmpp.host.example"),
        bySrv("lost", "xmpp.notlsa.example", "none.host.example"),
        bySrv("noaddress", "xmpp.noaddress.example"),
        bySrv("notlsa", "xmpp.notlsa.example"),
        bySrv("plain", "xmpp.plain.example"),
        "_xmpp-server._tcp.notoffered SRV 0 0 0 .",
        "_xmpp-server._tcp.srvalias CNAME _xmpp-server._tcp.xmpp",
        "_xmpp-server._tcp.srvout CNAME _xmpp-server._tcp.srv.plain.example.",
        "srvtree DNAME xmpp.im.example.",
        "nothing A 192.0.2.1"
      ].join("\n")
    }
  ]
}

interface Row {
  readonly name: string
  /** The source domain. */
  readonly domain: string
  readonly result: string
}

const rows: ReadonlyArray<Row> = [
  { name: "3 1 1", domain: "xmpp.im.example", result: "match 3 1 1 at xmpp.host.example" },
  { name: "2 1 1", domain: "ta.im.example", result: "mismatch" }, // the certificate names xmpp.host.example alone
  { name: "a roll-over", domain: "rolling.im.example", result: "match 3 1 1 at rolling.host.example" },
  { name: "more than a datagram", domain: "many.im.example", result: "match 3 1 1 at many.host.example" },
  { name: "a wildcard", domain: "wild.im.example", result: "match 3 1 1 at wild.host.example" },
  { name: "POSH-PRF-25: another certificate", domain: "bad.im.example", result: "mismatch" },
  { name: "POSH-PRF-23: records that nobody can use", domain: "odd.im.example", result: "NoUsableRecords" },
  { name: "no TLSA, by NSEC3", domain: "none.im.example", result: "TlsaAbsent" },
  { name: "no SRV, by NSEC3", domain: "nothing.im.example", result: "SrvAbsent" },
  { name: "no such domain, by NSEC3", domain: "nowhere.im.example", result: "SrvAbsent" },
  { name: "not offered", domain: "notoffered.im.example", result: "NotOffered" },
  { name: "SRV unsigned", domain: "unsigned.example", result: "SrvInsecure" },
  { name: "SRV forged", domain: "forged.example", result: "DnssecBogus srv bogus" },
  { name: "SRV expired", domain: "expired.example", result: "DnssecBogus srv bogus" },
  { name: "SRV by CNAME", domain: "srvalias.im.example", result: "match 3 1 1 at xmpp.host.example" },
  { name: "SRV by DNAME", domain: "srvtree.im.example", result: "match 3 1 1 at xmpp.host.example" },
  { name: "SRV by CNAME to what is unsigned", domain: "srvout.im.example", result: "SrvInsecure" },
  { name: "the target unsigned", domain: "plain.im.example", result: "AddressInsecure" },
  { name: "the target by CNAME", domain: "alias.im.example", result: "match 3 1 1 at xmpp.host.example" },
  {
    name: "the target by CNAME, TLSA below itself",
    domain: "oldalias.im.example",
    result: "match 3 1 1 at oldalias.host.example"
  },
  { name: "the target by CNAME to what is unsigned", domain: "outalias.im.example", result: "AddressInsecure" },
  { name: "the target by DNAME", domain: "bytree.im.example", result: "match 3 1 1 at xmpp.host.example" },
  { name: "TLSA by CNAME", domain: "shared.im.example", result: "match 3 1 1 at shared.host.example" },
  {
    name: "addresses with signatures of somebody else",
    domain: "noaddress.im.example",
    result: "DnssecBogus address bogus"
  },
  { name: "TLSA with signatures of somebody else", domain: "notlsa.im.example", result: "DnssecBogus tlsa bogus" },
  { name: "two targets, one matches", domain: "two.im.example", result: "match 3 1 1 at xmpp.host.example" },
  { name: "two targets, one is none", domain: "oneleft.im.example", result: "match 3 1 1 at xmpp.host.example" },
  {
    name: "two targets, one bogus, one matches",
    domain: "rescued.im.example",
    result: "match 3 1 1 at xmpp.host.example"
  },
  { name: "two targets, one bogus, one without TLSA", domain: "lost.im.example", result: "DnssecBogus tlsa bogus" }
]

class World
  extends Context.Service<World, { readonly certificates: Certificates; readonly port: number }>()("test/World")
{
  static readonly layer = Layer.effect(
    World,
    Effect.gen(function*() {
      const certificates = yield* makeCertificates
      const { port } = yield* makeUnbound({ zones: zonesOf(certificates) })
      return { certificates, port }
    })
  )
}

const textOf = (result: DaneResult): string => {
  if (result.kind === "match") {
    return `match ${result.record.usage} ${result.record.selector} ${result.record.matching} at ${result.base}`
  }
  if (result.kind === "not-applicable") return result.reason
  if (result.kind === "unknown") return result.code
  return result.code === "TlsaMismatch" ? "mismatch" : `${result.code} ${result.step} ${result.status}`
}

const ask = (source: string) =>
  Effect.gen(function*() {
    const { certificates, port } = yield* World
    const resolver = ValidatingResolver.layer({ endpoint: { protocol: "dns", address: "127.0.0.1", port } })
    const lookup = yield* lookupService({
      domain: domain(source),
      service: server,
      domainPolicy: { allowSpecialUse: true },
      deadline: { ms: 20_000 }
    }).pipe(Effect.provide(SecureResolver.layer.pipe(Layer.provide(resolver))))
    const match = makeTlsaMatcher(presenting(certificates.leaf, { source: domain(source) }))
    return { lookup, result: decideDane({ lookup, usages: defaultUsages, match }) }
  })

describe("DANE with a real resolver", { timeout: 120_000 }, () => {
  it.layer(World.layer, { timeout: 120_000, excludeTestServices: true })((it) => {
    it.effect.each(rows)("POSH-PRF-21, POSH-PRF-22: $name", ({ domain: source, result }) =>
      Effect.gen(function*() {
        assert.strictEqual(textOf((yield* ask(source)).result), result)
      }))

    it.effect("POSH-PRF-24: an authority of the host, for a certificate that names it", () =>
      Effect.gen(function*() {
        const { certificates } = yield* World
        for (const source of ["ta.im.example", "whole.im.example"]) {
          const { lookup } = yield* ask(source)
          const named = yield* issue(certificates.ca, { dnsNames: [source] })
          const match = makeTlsaMatcher(presenting(named, { source: domain(source) }))
          const result = decideDane({ lookup, usages: defaultUsages, match })
          assert.match(textOf(result), /^match 2/)
        }
      }))

    it.effect("lasts as long as the records", () =>
      Effect.gen(function*() {
        const { lookup, result } = yield* ask("xmpp.im.example")
        assert.isAtMost(result.until, lookup.resolvedAt + DNSSEC_TTL * 1_000)
        assert.isAbove(result.until, lookup.resolvedAt + (DNSSEC_TTL - 100) * 1_000)
      }))
  })
})
