import { assert, describe, it } from "@effect/vitest"
import { Answer, Association } from "@posh/api"
import { Schema } from "effect"
import { toInstant } from "../../src/service/instants.ts"
import { toAnswer, toAssociation } from "../../src/service/toAnswer.ts"
import { indeterminate, mismatch, reported, verified } from "./verdicts.ts"

const strict = { onExcessProperty: "error" } as const
const isAnswer = Schema.decodeUnknownSync(Answer, strict)
const isAssociation = Schema.decodeUnknownSync(Association, strict)

const sha256 = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
const sha512 = `${"AgIC".repeat(21)}Ag==`
const attempts = [{
  generation: "rfc7711",
  code: "NotPublished",
  stage: "http",
  url: "https://hosted.example/.well-known/posh/xmpp-server.json",
  hopIndex: 0,
  hops: [{
    url: "https://hosted.example/.well-known/posh/xmpp-server.json",
    status: 404,
    address: "192.0.2.1",
    tlsLeafSha256: "AAAA",
    startedAt: "2026-11-22T09:00:00Z",
    endedAt: "2026-11-22T09:00:00.020Z"
  }],
  cache: "miss"
}, { generation: "draft", code: "Resolved", hops: [], cache: "memory", revalidation: "overdue" }]
const material = {
  kind: "jwk-set",
  entries: [{
    index: 0,
    kid: "2026",
    hashes: { "sha-256": sha256 },
    notBefore: "2026-01-01T00:00:00Z",
    notAfter: "2027-01-01T00:00:00.250Z"
  }]
}
const lifetime = {
  fetchedAt: "2026-11-22T09:00:00Z",
  revalidateAt: "2026-11-23T09:00:00Z",
  graceUntil: "2026-11-29T09:00:00Z",
  expiresAt: "2027-01-01T00:00:00.250Z"
}
const lints = [{ code: "KidDuplicate", severity: "warning", message: "two keys have the same kid" }]

const plain = {
  id: "an-id",
  valid: true,
  verdict: "verified",
  code: "Verified",
  message: verified.message,
  domain: "hosted.example",
  service: "xmpp-server",
  prooftype: "posh",
  generation: "draft",
  certificate: {
    sha256,
    notBefore: "2026-01-01T00:00:00Z",
    notAfter: "2027-01-01T00:00:00.250Z",
    datesChecked: true
  },
  validUntil: "2026-11-23T09:00:00Z",
  refreshAfter: "2026-11-23T04:12:00Z",
  ttl: 82_799,
  retryable: false,
  cache: "memory"
}

describe("toAnswer", () => {
  const rows = [
    { name: "verified, without evidence unless asked for", verdict: verified, explain: false, answer: plain },
    {
      name: "verified, explained (POSH-MAT-62, POSH-RES-90)",
      verdict: verified,
      explain: true,
      answer: {
        ...plain,
        evidence: {
          attempts,
          delegation: "redirect",
          delegatedDomain: "hosting.example",
          material,
          matched: { index: 0, algorithm: "certificate", candidates: 1 },
          presentedIdentifiers: [{ type: "dns", value: "hosted.example" }, { type: "xmpp", value: "hosted.example" }],
          names: { source: true, delegated: false },
          chain: "valid",
          ...lifetime,
          prooftypes: [{ prooftype: "posh", verdict: "verified", code: "Verified" }],
          lints
        }
      }
    },
    {
      name: "mismatch by fingerprint: the caller checks the dates",
      verdict: mismatch,
      explain: true,
      answer: {
        id: "an-id",
        valid: false,
        verdict: "mismatch",
        code: "CertificateMismatch",
        message: mismatch.message,
        domain: "hosted.example",
        service: "xmpp-server",
        prooftype: "posh",
        generation: "rfc7711",
        certificate: { sha512, datesChecked: false },
        ttl: 0,
        retryable: false,
        cache: "miss",
        evidence: {
          attempts: [],
          material: {
            kind: "fingerprints",
            entries: [{ index: 3, hashes: { "sha-256": sha256, "sha-384": sha256 } }]
          },
          prooftypes: [{ prooftype: "posh", verdict: "mismatch", code: "CertificateMismatch" }],
          lints: []
        }
      }
    },
    {
      name: "indeterminate: retryAfterMs",
      verdict: indeterminate,
      explain: false,
      answer: {
        id: "an-id",
        valid: false,
        verdict: "indeterminate",
        code: "ConnectTimeout",
        message: indeterminate.message,
        domain: "hosted.example",
        service: "xmpp-server",
        prooftype: "posh",
        certificate: { datesChecked: false },
        ttl: 0,
        retryable: true,
        retryAfterMs: 30_000
      }
    },
    {
      name: "ttl is never negative",
      verdict: { ...verified, validUntil: verified.decidedAt - 1 },
      explain: false,
      answer: { ...plain, validUntil: "2026-11-22T10:00:00.899Z", ttl: 0 }
    }
  ]
  it.each(rows)("$name", ({ answer, explain, verdict }) => {
    const made = toAnswer(verdict, { id: "an-id", explain })
    assert.deepStrictEqual<unknown>(made, answer)
    assert.deepStrictEqual(isAnswer(JSON.parse(JSON.stringify(made))), made, "conforms to the contract")
  })
})

describe("toAssociation", () => {
  const { association: _, refreshAfter: __, ...unknown } = reported
  const shared = { domain: "hosted.example", service: "xmpp-server", message: reported.message, evidence: { attempts } }
  const rows = [
    {
      name: "material",
      report: reported,
      association: {
        ...shared,
        state: "material",
        code: "Resolved",
        generation: "draft",
        delegation: "redirect",
        delegatedDomain: "hosting.example",
        material,
        ...lifetime,
        refreshAfter: "2026-11-23T04:12:00Z",
        cache: "memory",
        retryable: false,
        lints
      }
    },
    {
      name: "indeterminate",
      report: {
        ...unknown,
        state: "indeterminate" as const,
        code: "DnsTemporaryFailure" as const,
        cache: "miss" as const,
        lints: [],
        retryable: true,
        retryAfterMs: 30_000
      },
      association: {
        ...shared,
        state: "indeterminate",
        code: "DnsTemporaryFailure",
        cache: "miss",
        retryable: true,
        retryAfterMs: 30_000,
        lints: []
      }
    }
  ]
  it.each(rows)("$name", ({ report, association }) => {
    const made = toAssociation(report)
    assert.deepStrictEqual<unknown>(made, association)
    assert.deepStrictEqual(isAssociation(JSON.parse(JSON.stringify(made))), made, "conforms to the contract")
  })
})

describe("toInstant", () => {
  it.each([
    [0, "1970-01-01T00:00:00Z"],
    [1, "1970-01-01T00:00:00.001Z"],
    [-1_000, "1969-12-31T23:59:59Z"],
    [253_402_300_799_000, "9999-12-31T23:59:59Z"]
  ])("%d → %s", (milliseconds, text) => assert.strictEqual(toInstant(milliseconds), text))
})
