/**
 * Lints about the TLSA records of one host (POSH-PRF-23, POSH-PRF-26, POSH-PRF-27).
 */
import { type Lint, lint } from "../../Lint.ts"
import type { RecordCheck, RecordFault, TlsaRecord } from "../../proof/dane/Tlsa.ts"
import type { EndpointReport } from "../../verdict/TlsaReport.ts"

/** Each finding once for all records that it is about, as a zone may have any number. `owner`: of the records. */
export const lintRecords = ({ records, recordsLeftOut }: EndpointReport, owner: string): ReadonlyArray<Lint> => [
  ...faults.flatMap((fault) => {
    const found = records.filter((check) => check.fault === fault)
    return found.length === 0 ? [] : [lintFault(fault, found, owner)]
  }),
  ...lintDuplicates(records, owner),
  ...lintPkix(records, owner),
  ...(recordsLeftOut === 0 ? [] : [lint("TlsaRecordsLeftOut", "info", owner, `${recordsLeftOut} are not looked at`)])
]

const faults: ReadonlyArray<RecordFault> = [
  "UnknownUsage",
  "UnknownSelector",
  "UnknownMatching",
  "MalformedData",
  "UsageDisabled",
  "WeakerDigest"
]

const lintFault = (fault: RecordFault, found: ReadonlyArray<RecordCheck>, owner: string): Lint => {
  const which = exampleOf(found)
  switch (fault) {
    case "UnknownUsage":
    case "UnknownSelector":
    case "UnknownMatching":
    case "MalformedData":
      return lint("TlsaUnusable", "warning", owner, `${which}: ${whatIsWrong[fault]}`)
    case "UsageDisabled":
      return lint("TlsaUsageDisabled", "info", owner, which)
    case "WeakerDigest":
      return lint("TlsaWeakerDigest", "info", owner, which)
  }
}

const whatIsWrong = {
  UnknownUsage: "the usage is not known",
  UnknownSelector: "the selector is not known",
  UnknownMatching: "the matching type is not known",
  MalformedData: "the data is no digest of that length, or no certificate or key"
} as const

/** As in a zone file, without the data. */
const exampleOf = ([first, ...others]: ReadonlyArray<RecordCheck>): string =>
  `${first === undefined ? "" : parametersOf(first.record)}${others.length === 0 ? "" : `, and ${others.length} more`}`

const parametersOf = ({ matching, selector, usage }: TlsaRecord): string => `${usage} ${selector} ${matching}`

const lintDuplicates = (records: ReadonlyArray<RecordCheck>, owner: string): ReadonlyArray<Lint> => {
  const seen = new Set<string>()
  const again = records.filter(({ record }) => {
    const key = `${parametersOf(record)} ${Buffer.from(record.data).toString("base64")}`
    if (seen.has(key)) return true
    seen.add(key)
    return false
  })
  return again.length === 0 ? [] : [lint("TlsaDuplicate", "info", owner, exampleOf(again))]
}

/** RFC 7671 §4: clients need not have the public roots, and then such a record proves nothing. */
const lintPkix = (records: ReadonlyArray<RecordCheck>, owner: string): ReadonlyArray<Lint> => {
  const found = records.filter(({ fault, record }) => fault === undefined && record.usage <= 1)
  return found.length === 0 ? [] : [lint("TlsaNeedsPkix", "info", owner, exampleOf(found))]
}
