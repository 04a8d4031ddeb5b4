/** What DNS says of a service, as it is reported: the states, and what a stranger cannot make longer. */
import { assert, describe, it } from "@effect/vitest"
import { daneLimits } from "../../src/Limits.ts"
import type { EndpointLookup, ServiceLookup } from "../../src/proof/dane/DaneLookup.ts"
import { defaultUsages, type TlsaRecord } from "../../src/proof/dane/Tlsa.ts"
import { toTlsaReport } from "../../src/verdict/TlsaReport.ts"
import { domain } from "../proof/dane/world.ts"

const resolvedAt = 1_700_000_000_000
const base = domain("xmpp.host.example")
const place = { target: "xmpp.host.example", port: 5_269, ttl: 60 }
const record = (parameters: string, data = new Uint8Array(32)): TlsaRecord => {
  const [usage = 0, selector = 0, matching = 0] = parameters.split(" ").map(Number)
  return { usage, selector, matching, data }
}
const records = (...given: ReadonlyArray<TlsaRecord>): EndpointLookup => ({
  ...place,
  kind: "records",
  base,
  records: given
})
const good = records(record("3 1 1"))
const off = records(record("0 1 1"))
const bogus: EndpointLookup = { ...place, ttl: 0, kind: "untrusted", step: "tlsa", status: "bogus", detail: "spoilt" }
const without: EndpointLookup = { ...place, kind: "not-applicable", reason: "TlsaAbsent" }
const open: EndpointLookup = { ...place, kind: "not-applicable", reason: "AddressInsecure" }
const endpoints = (...given: ReadonlyArray<EndpointLookup>): ServiceLookup => ({
  resolvedAt,
  ttl: 300,
  kind: "endpoints",
  endpoints: given,
  leftOut: 3
})
const report = (lookup: ServiceLookup, now = resolvedAt) => toTlsaReport(lookup, defaultUsages, now)

interface Row {
  readonly name: string
  readonly lookup: ServiceLookup
  readonly state: string
  /** Seconds from the look-up until DNS is asked again. */
  readonly seconds: number
}

const rows: ReadonlyArray<Row> = [
  { name: "records", lookup: endpoints(good), state: "records", seconds: 60 },
  { name: "records beside what is spoilt", lookup: endpoints(bogus, good), state: "records", seconds: 5 },
  { name: "what is spoilt beside none", lookup: endpoints(without, bogus), state: "untrusted tlsa bogus", seconds: 5 },
  { name: "records that do not count", lookup: endpoints(open, off), state: "NoUsableRecords", seconds: 60 },
  { name: "the target that came furthest", lookup: endpoints(open, without), state: "TlsaAbsent", seconds: 60 },
  {
    name: "no SRV",
    lookup: { resolvedAt, ttl: 30, kind: "not-applicable", reason: "SrvAbsent" },
    state: "SrvAbsent",
    seconds: 30
  },
  {
    name: "no answer",
    lookup: { resolvedAt, ttl: 0, kind: "untrusted", step: "srv", status: "indeterminate", detail: "late" },
    state: "untrusted srv indeterminate",
    seconds: 5
  }
]

describe("toTlsaReport", () => {
  it.each(rows)("$name", ({ lookup, seconds, state }) => {
    const found = report(lookup)
    const text = found.state === "records"
      ? found.state
      : found.state === "untrusted"
      ? `untrusted ${found.step} ${found.status}`
      : found.reason
    assert.strictEqual(text, state)
    assert.strictEqual(found.expiresAt, resolvedAt + seconds * 1_000)
    assert.strictEqual(report(lookup, resolvedAt + 9e6).expiresAt, resolvedAt + 9e6, "never in the past")
    assert.strictEqual(found.endpointsLeftOut, lookup.kind === "endpoints" ? 3 : 0)
  })

  it("lists records that count first, and equal sets alike", () => {
    const given = ["4 0 1", "3 1 2", "3 1 1", "2 0 1", "0 1 1", "3 2 1", "3 0 9"].map((parameters) =>
      record(parameters, new Uint8Array(parameters === "3 1 2" ? 64 : 32))
    )
    const said = (lookup: ServiceLookup) =>
      report(lookup).endpoints[0]?.records.map(({ fault = "counts", record: { matching, selector, usage } }) =>
        `${usage} ${selector} ${matching} ${fault}`
      )
    assert.deepStrictEqual(said(endpoints(records(...given))), [
      "2 0 1 counts",
      "3 1 2 counts",
      "0 1 1 UsageDisabled",
      "3 0 9 UnknownMatching",
      "3 1 1 WeakerDigest",
      "3 2 1 UnknownSelector",
      "4 0 1 UnknownUsage"
    ])
    assert.deepStrictEqual(said(endpoints(records(...given.toReversed()))), said(endpoints(records(...given))))
  })

  it("POSH-FMT-08: is bounded in number and octets, and says how many are missing", () => {
    const { reportedOctets, reportedRecords } = daneLimits
    const many = Array.from({ length: 1_000 }, (_, index) => record("3 1 1", new Uint8Array(32).fill(index % 251)))
    const [listed] = report(endpoints(records(...many))).endpoints
    assert.deepStrictEqual([listed?.records.length, listed?.recordsLeftOut], [reportedRecords, 1_000 - reportedRecords])

    const long = [reportedOctets + 1, reportedOctets - 32, 1].map((octets) => record("9 0 0", new Uint8Array(octets)))
    const [kept] = report(endpoints(records(...long, record("3 1 1")))).endpoints
    assert.isDefined(kept)
    assert.strictEqual(kept.recordsLeftOut, 2)
    assert.strictEqual(kept.records[0]?.fault, undefined, "what counts is there")
    assert.isAtMost(kept.records.reduce((sum, { record: { data } }) => sum + data.length, 0), reportedOctets)
  })
})
