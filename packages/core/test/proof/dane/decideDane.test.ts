import { assert, describe, it } from "@effect/vitest"
import type { EndpointLookup, ServiceLookup } from "../../../src/proof/dane/DaneLookup.ts"
import { type DaneResult, decideDane } from "../../../src/proof/dane/decideDane.ts"
import type { MatchRecords } from "../../../src/proof/dane/matchTlsa.ts"
import { defaultUsages, type TlsaRecord } from "../../../src/proof/dane/Tlsa.ts"
import { domain } from "./world.ts"

const resolvedAt = 1_700_000_000_000
const bogus = { kind: "untrusted", status: "bogus", detail: "" } as const
const broken = { kind: "untrusted", status: "indeterminate", detail: "" } as const

// What the records say is in their first octet, so that a row can be read.
const record = (says: number): TlsaRecord => ({
  usage: 3,
  selector: 1,
  matching: 1,
  data: new Uint8Array(32).fill(says)
})
const match: MatchRecords = ([first]) => {
  const says = first?.data[0]
  if (says === 1 && first !== undefined) return { kind: "match", record: first }
  if (says === 2 && first !== undefined) return { kind: "match", record: first, notAfter: resolvedAt + 5_000 }
  return { kind: says === 3 ? "unknown" : "mismatch" }
}

type EndpointState = EndpointLookup extends infer E
  ? E extends EndpointLookup ? Omit<E, "target" | "port" | "ttl"> : never
  : never
const endpoint = (state: EndpointState, ttl = 60): EndpointLookup =>
  ({ ...state, target: "xmpp.host.example", port: 5269, ttl }) as EndpointLookup

const base = domain("xmpp.host.example")
const says = (octet: number, ttl?: number) => endpoint({ kind: "records", base, records: [record(octet)] }, ttl)
const vouching = says(1, 90)
const vouchingUntilItEnds = says(2, 90)
const fingerprint = says(3)
const mismatching = says(0, 40)
const unusable = endpoint({ kind: "records", base, records: [{ ...record(1), usage: 9 }] })
const off = endpoint({ kind: "records", base, records: [{ ...record(1), usage: 0 }] })
const no = (reason: "InvalidTarget" | "AddressAbsent" | "AddressInsecure" | "TlsaAbsent" | "TlsaInsecure") =>
  endpoint({ kind: "not-applicable", reason })

const endpoints = (...found: ReadonlyArray<EndpointLookup>): ServiceLookup => ({
  resolvedAt,
  ttl: 300,
  kind: "endpoints",
  endpoints: found,
  leftOut: 0
})
const service = (
  state:
    | { readonly kind: "untrusted"; readonly status: "bogus" | "indeterminate"; readonly detail: string }
    | { readonly kind: "not-applicable"; readonly reason: "SrvAbsent" | "SrvInsecure" | "NotOffered" }
): ServiceLookup =>
  state.kind === "untrusted"
    ? { resolvedAt, ttl: 30, step: "srv", ...state }
    : { resolvedAt, ttl: 30, ...state }

interface Row {
  readonly name: string
  readonly lookup: ServiceLookup
  /** Kind, and reason or code; with the step and status of what cannot be trusted. */
  readonly result: string
  /** Seconds from the look-up on. */
  readonly lasts: number
}

const rows: ReadonlyArray<Row> = [
  // The service.
  { name: "SRV bogus", lookup: service(bogus), result: "fail DnssecBogus srv bogus", lasts: 30 },
  { name: "SRV without an answer", lookup: service(broken), result: "fail DnssecBogus srv indeterminate", lasts: 30 },
  {
    name: "SRV insecure",
    lookup: service({ kind: "not-applicable", reason: "SrvInsecure" }),
    result: "not-applicable SrvInsecure",
    lasts: 30
  },
  {
    name: "no SRV",
    lookup: service({ kind: "not-applicable", reason: "SrvAbsent" }),
    result: "not-applicable SrvAbsent",
    lasts: 30
  },
  {
    name: "SRV says that the service is not offered",
    lookup: service({ kind: "not-applicable", reason: "NotOffered" }),
    result: "not-applicable NotOffered",
    lasts: 30
  },
  // One endpoint.
  { name: "a match", lookup: endpoints(vouching), result: "match", lasts: 90 },
  { name: "a match of a certificate that ends", lookup: endpoints(vouchingUntilItEnds), result: "match", lasts: 5 },
  { name: "POSH-PRF-25: no match", lookup: endpoints(mismatching), result: "fail TlsaMismatch", lasts: 40 },
  {
    name: "a fingerprint that does not tell",
    lookup: endpoints(fingerprint),
    result: "unknown NoCommonHash",
    lasts: 60
  },
  {
    name: "POSH-PRF-23: no record that is usable",
    lookup: endpoints(unusable),
    result: "not-applicable NoUsableRecords",
    lasts: 60
  },
  {
    name: "POSH-PRF-23: no record of a usage that is enabled",
    lookup: endpoints(off),
    result: "not-applicable NoUsableRecords",
    lasts: 60
  },
  ...(["InvalidTarget", "AddressAbsent", "AddressInsecure", "TlsaAbsent", "TlsaInsecure"] as const).map((reason) => ({
    name: reason,
    lookup: endpoints(no(reason)),
    result: `not-applicable ${reason}`,
    lasts: 60
  })),
  ...(["address", "tlsa"] as const).flatMap((step) =>
    [bogus, broken].map((state) => ({
      name: `${step} ${state.status}`,
      lookup: endpoints(endpoint({ ...state, step })),
      result: `fail DnssecBogus ${step} ${state.status}`,
      lasts: 60
    }))
  ),
  // Several endpoints.
  { name: "one of two matches", lookup: endpoints(mismatching, vouching), result: "match", lasts: 90 },
  {
    name: "one of two matches, the other must not be used",
    lookup: endpoints(endpoint({ ...bogus, step: "tlsa" }), vouching),
    result: "match",
    lasts: 90
  },
  {
    name: "one does not match, the other must not be used",
    lookup: endpoints(mismatching, endpoint({ ...broken, step: "address" })),
    result: "fail DnssecBogus address indeterminate",
    lasts: 40
  },
  {
    name: "one must not be used, DANE does not apply to the other",
    lookup: endpoints(no("TlsaAbsent"), endpoint({ ...bogus, step: "tlsa" })),
    result: "fail DnssecBogus tlsa bogus",
    lasts: 60
  },
  {
    name: "one does not match, DANE does not apply to the other",
    lookup: endpoints(mismatching, no("TlsaInsecure")),
    result: "fail TlsaMismatch",
    lasts: 40
  },
  {
    name: "one does not match, a fingerprint does not tell for the other",
    lookup: endpoints(mismatching, fingerprint),
    result: "unknown NoCommonHash",
    lasts: 40
  },
  {
    name: "DANE applies to none, for several reasons",
    lookup: endpoints(no("AddressInsecure"), no("TlsaAbsent"), no("InvalidTarget")),
    result: "not-applicable TlsaAbsent",
    lasts: 60
  }
]

const textOf = (result: DaneResult): string => {
  switch (result.kind) {
    case "match":
      return "match"
    case "not-applicable":
      return `not-applicable ${result.reason}`
    case "unknown":
      return `unknown ${result.code}`
    case "fail":
      return result.code === "TlsaMismatch"
        ? "fail TlsaMismatch"
        : `fail DnssecBogus ${result.step} ${result.status}`
  }
}

describe("decideDane", () => {
  it.each(rows)("POSH-PRF-22: $name", ({ lasts, lookup, result }) => {
    const decided = decideDane({ lookup, usages: defaultUsages, match })
    assert.strictEqual(textOf(decided), result)
    assert.strictEqual((decided.until - resolvedAt) / 1_000, lasts)
  })

  it("says which endpoint vouches", () => {
    const decided = decideDane({ lookup: endpoints(mismatching, vouching), usages: defaultUsages, match })
    assert.deepStrictEqual(decided, {
      kind: "match",
      record: record(1) as never,
      target: "xmpp.host.example",
      port: 5269,
      base,
      until: resolvedAt + 90_000
    })
  })
})
