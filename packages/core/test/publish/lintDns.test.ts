/** Findings about DNS: each from the answers that cause it, as they come from the wire. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { TlsaUsage } from "../../src/proof/dane/Tlsa.ts"
import { lintDns } from "../../src/publish/lint/dns.ts"
import {
  address,
  brief,
  digest,
  find,
  good,
  host,
  owner,
  record,
  records,
  signature,
  srv,
  type Table,
  tlsaOwner
} from "./dnsWorld.ts"

const other = "two.host.example"
const withOther: Table = { ...good, [`${owner} SRV`]: { answers: [srv(host), srv(other, { priority: 20 })] } }

interface Row {
  readonly name: string
  /** What differs from a zone that is as it should be. */
  readonly dns: Table
  readonly findings: ReadonlyArray<string>
  readonly usages?: ReadonlySet<TlsaUsage>
}

const rows: ReadonlyArray<Row> = [
  { name: "nothing wrong", dns: {}, findings: [] },
  { name: "no SRV", dns: { [`${owner} SRV`]: {} }, findings: [`info SrvAbsent ${owner}`] },
  {
    name: "SRV unsigned",
    dns: { [`${owner} SRV`]: { answers: [srv(host)], secure: false } },
    findings: [`warning SrvInsecure ${owner}`]
  },
  {
    name: "SRV rejected",
    dns: { [`${owner} SRV`]: { rcode: 2, extendedError: 7 } },
    findings: [`error DnssecRejected ${owner}`]
  },
  {
    name: "SRV without an answer",
    dns: { [`${owner} SRV`]: { down: true } },
    findings: [`warning DnsUnanswered ${owner}`]
  },
  {
    name: "not offered",
    dns: { [`${owner} SRV`]: { answers: [srv(".")] } },
    findings: [`info SrvNotOffered ${owner}`]
  },
  {
    name: "a target that is no domain",
    dns: { [`${owner} SRV`]: { answers: [srv("192.0.2.1")] } },
    findings: ["error SrvTargetInvalid 192.0.2.1"]
  },
  {
    name: "port 0",
    dns: { [`${owner} SRV`]: { answers: [srv(host, { port: 0 })] } },
    findings: [`error SrvTargetInvalid ${host}`]
  },
  {
    name: "an alias",
    dns: {
      [`${host} A`]: {
        answers: [{ type: "CNAME", name: host, ttl: 300, data: "real.example" }, address("real.example")]
      },
      ["_5269._tcp.real.example TLSA"]: { answers: [record(digest("3 1 1"), "_5269._tcp.real.example")] }
    },
    findings: [`warning SrvTargetAlias ${host}`]
  },
  {
    name: "more targets than are looked at",
    dns: {
      [`${owner} SRV`]: { answers: Array.from({ length: 10 }, (_, index) => srv(host, { port: 5_269 + index })) }
    },
    findings: [
      `info SrvTargetsLeftOut ${owner}`,
      ...Array.from({ length: 7 }, (_, index) => [
        `info TlsaAbsent _${5_270 + index}._tcp.${host}`,
        `warning TlsaMissingAtHost _${5_270 + index}._tcp.${host}`
      ]).flat()
    ]
  },
  {
    name: "several SRV records of one host: each finding once",
    dns: {
      [`${owner} SRV`]: { answers: [srv(host), srv(host, { port: 5_270 })] },
      [`${host} A`]: { answers: [address(host)], secure: false }
    },
    findings: [`warning HostAddressInsecure ${host}`]
  },
  { name: "no address", dns: { [`${host} A`]: {} }, findings: [`error HostAddressAbsent ${host}`] },
  {
    name: "addresses unsigned",
    dns: { [`${host} A`]: { answers: [address(host)], secure: false } },
    findings: [`warning HostAddressInsecure ${host}`]
  },
  {
    name: "addresses rejected",
    dns: { [`${host} A`]: { rcode: 2, extendedError: 6 } },
    findings: [`error DnssecRejected ${host}`]
  },
  { name: "no TLSA", dns: { [`${tlsaOwner} TLSA`]: {} }, findings: [`info TlsaAbsent ${tlsaOwner}`] },
  {
    name: "TLSA unsigned under a secure SRV",
    dns: { [`${tlsaOwner} TLSA`]: { ...records(digest("3 1 1")), secure: false } },
    findings: [`warning TlsaInsecure ${tlsaOwner}`]
  },
  {
    name: "TLSA rejected",
    dns: { [`${tlsaOwner} TLSA`]: { rcode: 2, extendedError: 10 } },
    findings: [`error DnssecRejected ${tlsaOwner}`]
  },
  {
    name: "one host without TLSA beside one with",
    dns: { ...withOther, [`${other} A`]: { answers: [address(other)] } },
    findings: [`info TlsaAbsent _5269._tcp.${other}`, `warning TlsaMissingAtHost _5269._tcp.${other}`]
  },
  {
    name: "a target without an address is no host",
    dns: withOther,
    findings: [`error HostAddressAbsent ${other}`]
  },
  {
    name: "records that cannot be used, each kind once",
    dns: {
      [`${tlsaOwner} TLSA`]: records(
        digest("3 1 1"),
        digest("4 1 1"),
        digest("5 1 1"),
        digest("3 2 1"),
        digest("3 1 3"),
        digest("3 1 1", 1, 20)
      )
    },
    findings: Array.from({ length: 4 }, () => `warning TlsaUnusable ${tlsaOwner}`)
  },
  {
    name: "none counts",
    dns: { [`${tlsaOwner} TLSA`]: records(digest("0 1 1")) },
    findings: [`warning TlsaNoneUsable ${tlsaOwner}`, `info TlsaUsageDisabled ${tlsaOwner}`]
  },
  {
    name: "a weaker digest",
    dns: { [`${tlsaOwner} TLSA`]: records(digest("3 1 1"), digest("3 1 2", 1, 64)) },
    findings: [`info TlsaWeakerDigest ${tlsaOwner}`]
  },
  {
    name: "a record twice",
    dns: { [`${tlsaOwner} TLSA`]: records(digest("3 1 1"), digest("3 1 1")) },
    findings: [`info TlsaDuplicate ${tlsaOwner}`]
  },
  {
    name: "records that need PKIX",
    dns: { [`${tlsaOwner} TLSA`]: records(digest("0 1 1"), digest("1 1 1")) },
    usages: new Set([0, 1, 2, 3]),
    findings: [`info TlsaNeedsPkix ${tlsaOwner}`]
  },
  {
    name: "more records than are looked at",
    dns: { [`${tlsaOwner} TLSA`]: records(...Array.from({ length: 40 }, (_, index) => digest("3 1 1", index))) },
    findings: [`info TlsaRecordsLeftOut ${tlsaOwner}`]
  },
  {
    name: "a TTL of more than a day",
    dns: { [`${owner} SRV`]: { answers: [srv(host, {}, 90_000)] } },
    findings: [`info DnsTtlLong ${owner}`]
  },
  {
    name: "signatures that end soon",
    dns: {
      [`${tlsaOwner} TLSA`]: { answers: [record(digest("3 1 1")), signature(tlsaOwner, 7_200)] },
      [`${host} A`]: { answers: [address(host), signature(host, 100_000)] }
    },
    findings: [`info SignatureEndsSoon ${tlsaOwner}`]
  }
]

describe("lintDns", () => {
  it.effect.each(rows)("$name", ({ dns, findings, usages }) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(brief(yield* find(dns, usages)), findings)
    }))

  it.effect("says nothing where DNS was not observed", () => Effect.sync(() => assert.deepStrictEqual(lintDns({}), [])))

  it.effect("names the record, and quotes what strangers chose (POSH-SEC-14)", () =>
    Effect.gen(function*() {
      const [unusable] = yield* find({
        [`${tlsaOwner} TLSA`]: records(digest("3 1 1"), digest("9 1 1"), digest("8 1 1"))
      })
      assert.include(unusable?.message, ": 8 1 1, and 1 more: the usage is not known")
      const [invalid] = yield* find({ [`${owner} SRV`]: { answers: [srv("a\u202e\n.example")] } })
      assert.isDefined(invalid)
      assert.strictEqual(invalid.code, "SrvTargetInvalid")
      assert.notMatch(invalid.path ?? "", /[\u202e\n]/)
    }))
})
