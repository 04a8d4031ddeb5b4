/**
 * What DNS says of a service now (POSH-PRF-21), beside what it publishes.
 */
import { Schema } from "effect"
import { instant } from "./values.ts"

/** Why a TLSA record does not count (POSH-PRF-23, POSH-PRF-26). */
export const recordFaults = [
  "UnknownUsage",
  "UsageDisabled",
  "UnknownSelector",
  "UnknownMatching",
  "MalformedData",
  "WeakerDigest"
] as const

/** Why DANE says nothing of a service, or of one of its hosts (POSH-PRF-22). */
export const notApplicableReasons = [
  "SrvAbsent",
  "SrvInsecure",
  "NotOffered",
  "InvalidTarget",
  "AddressAbsent",
  "AddressInsecure",
  "TlsaAbsent",
  "TlsaInsecure",
  "NoUsableRecords"
] as const

/** One TLSA record. */
export const TlsaRecord = Schema.Struct({
  usage: Schema.Int.annotate({ examples: [3] }),
  selector: Schema.Int.annotate({ examples: [1] }),
  matching: Schema.Int.annotate({ examples: [1] }),
  data: Schema.String.annotate({
    description: "Certificate association data in hex, lower case.",
    examples: ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]
  }),
  usable: Schema.Boolean.annotate({ description: "Whether it counts in this deployment (`POSH_DANE_USAGES`)." }),
  reason: Schema.optionalKey(
    Schema.Literals(recordFaults).annotate({
      description: [
        "Why it does not. `UnknownUsage`, `UnknownSelector`, `UnknownMatching`: a number is not known. `UsageDisabled`: the usage is not among",
        "`POSH_DANE_USAGES`. `MalformedData`: the data is no digest of that length, no certificate or no key. `WeakerDigest`: a record with",
        "the same usage and selector has a stronger digest (RFC 7671 §9)."
      ].join(" ")
    })
  )
}).annotate({ identifier: "TlsaRecord", title: "TLSA record" })
export type TlsaRecord = typeof TlsaRecord.Type

const stateMembers = {
  state: Schema.Literals(["records", "not-applicable", "untrusted"]).annotate({
    description: [
      "`records`: some TLSA records count. `not-applicable`: DANE says nothing, for `reason`. `untrusted`: DNSSEC rejects the answer, or there is",
      "none; a question for `dane` is then `DnssecBogus`, unless records of another host match."
    ].join(" "),
    examples: ["records"]
  }),
  reason: Schema.optionalKey(
    Schema.Literals(notApplicableReasons).annotate({
      description:
        "With `not-applicable`: how far the look-up came. Of several hosts, that of the one that came furthest."
    })
  ),
  step: Schema.optionalKey(
    Schema.Literals(["srv", "address", "tlsa"]).annotate({
      description: "With `untrusted`: the query whose answer cannot be trusted."
    })
  ),
  status: Schema.optionalKey(
    Schema.Literals(["bogus", "indeterminate"]).annotate({
      description: "With `untrusted`: `bogus`, the signatures do not validate; `indeterminate`, there is no answer."
    })
  ),
  detail: Schema.optionalKey(Schema.String.annotate({ description: "With `untrusted`: why, for a person." }))
} as const

/** One target of the SRV records. */
export const TlsaEndpoint = Schema.Struct({
  target: Schema.String.annotate({
    description: "The host that the SRV record names; escaped if it is no domain.",
    examples: ["xmpp.hosting.example"]
  }),
  port: Schema.Int.annotate({ examples: [5_269] }),
  ...stateMembers,
  base: Schema.optionalKey(
    Schema.String.annotate({
      description: "The domain that the records stand below: the target, or what its aliases lead to (RFC 7671 §7).",
      examples: ["xmpp.hosting.example"]
    })
  ),
  records: Schema.Array(TlsaRecord).annotate({ description: "Those that count first; at most 32, and 8 KiB of data." }),
  recordsLeftOut: Schema.optionalKey(
    Schema.Int.annotate({ description: "Number of further records; absent if all are listed." })
  )
}).annotate({ identifier: "TlsaEndpoint", title: "Host of a service" })
export type TlsaEndpoint = typeof TlsaEndpoint.Type

/** `tlsa` of an association. */
export const Tlsa = Schema.Struct({
  ...stateMembers,
  resolvedAt: instant("When DNS was asked."),
  expiresAt: instant("From when on a question asks DNS again. Never in the past."),
  endpoints: Schema.Array(TlsaEndpoint).annotate({
    description:
      "The targets of the SRV records by priority and weight, at most 8. Empty if these do not exist or cannot be used."
  }),
  endpointsLeftOut: Schema.optionalKey(
    Schema.Int.annotate({
      description: "Number of further targets, which are not looked up; absent if there are none."
    })
  )
}).annotate({
  identifier: "Tlsa",
  title: "TLSA records",
  description: "What DNS says of the service (DANE, RFC 7673). Absent without `POSH_DNSSEC_RESOLVER`.",
  examples: [{
    state: "records",
    resolvedAt: "2026-11-23T09:00:00Z",
    expiresAt: "2026-11-23T10:00:00Z",
    endpoints: [{
      target: "xmpp.hosting.example",
      port: 5_269,
      state: "records",
      base: "xmpp.hosting.example",
      records: [
        {
          usage: 3,
          selector: 1,
          matching: 1,
          data: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
          usable: true
        },
        {
          usage: 0,
          selector: 0,
          matching: 1,
          data: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          usable: false,
          reason: "UsageDisabled"
        }
      ]
    }]
  }]
})
export type Tlsa = typeof Tlsa.Type
