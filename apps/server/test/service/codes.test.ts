/**
 * The contract cannot import the core; here the two are held against each other.
 */
import { assert, describe, it } from "@effect/vitest"
import {
  failureCodes,
  Generation as ApiGeneration,
  generations as apiGenerations,
  notApplicableReasons,
  problemCodes,
  recordFaults,
  stages as apiStages,
  verdictKinds
} from "@posh/api"
import { failures, hashNames, lintSummaries, type RecordFault, type TlsaState } from "@posh/core"
import { generationRules } from "@posh/core/question"
import manifest from "../../package.json" with { type: "json" }
import { productVersion } from "../../src/process/version.ts"

const rows = Object.entries(failures)
const sorted = (values: Iterable<string>): ReadonlyArray<string> => [...new Set(values)].sort()

describe("codes (POSH-ERR-01)", () => {
  it("failure codes are the core's", () => {
    const verdictCodes = rows.filter(([, { verdict }]) => verdict !== "refused").map(([code]) => code)
    assert.deepStrictEqual(sorted(failureCodes), sorted(verdictCodes))
  })

  it("codes that refuse a question are problems with status 400", () => {
    const questionCodes = rows.filter(([, { verdict }]) => verdict === "refused").map(([code]) => code)
    assert.deepStrictEqual(questionCodes.filter((code) => !problemCodes.some((known) => known === code)), [])
  })

  it("verdicts and stages are the core's", () => {
    const verdicts = rows.map(([, { verdict }]) => verdict).filter((verdict) => verdict !== "refused")
    assert.deepStrictEqual(sorted(verdictKinds), sorted(["verified", ...verdicts]))
    assert.deepStrictEqual(
      sorted(rows.map(([, { stage }]) => stage).filter((s) => !apiStages.some((k) => k === s))),
      []
    )
  })

  it("generations are the core's", () => {
    assert.deepStrictEqual(sorted(ApiGeneration.literals), sorted(Object.keys(generationRules)))
    assert.deepStrictEqual(sorted(apiGenerations), sorted(["rfc-then-draft", "rfc-only", "draft-only"]))
    assert.deepStrictEqual([...hashNames], ["sha-512", "sha-384", "sha-256"])
  })

  it("what is said of TLSA records is the core's", () => {
    // Each has to be a key, and no other may be: the compiler compares them.
    const faults: Record<RecordFault, true> = {
      UnknownUsage: true,
      UsageDisabled: true,
      UnknownSelector: true,
      UnknownMatching: true,
      MalformedData: true,
      WeakerDigest: true
    }
    const reasons: Record<Extract<TlsaState, { readonly state: "not-applicable" }>["reason"], true> = {
      SrvAbsent: true,
      SrvInsecure: true,
      NotOffered: true,
      InvalidTarget: true,
      AddressAbsent: true,
      AddressInsecure: true,
      TlsaAbsent: true,
      TlsaInsecure: true,
      NoUsableRecords: true
    }
    assert.sameMembers([...recordFaults], Object.keys(faults))
    assert.sameMembers([...notApplicableReasons], Object.keys(reasons))
  })

  it("no lint has the name of a failure code, except the one that is both", () => {
    assert.deepStrictEqual(Object.keys(lintSummaries).filter((code) => code in failures), ["ChainInvalid"])
  })

  it("the version is the package's", () => assert.strictEqual(productVersion, manifest.version))
})
