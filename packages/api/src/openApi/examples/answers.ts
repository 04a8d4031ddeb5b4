/**
 * Examples of questions and their answers. A test asks the service each of them and compares what it says.
 */
import type { Answer, BatchResponse } from "../../Answer.ts"
import type { Evidence } from "../../Evidence.ts"
import type { BatchRequest, Question } from "../../Question.ts"
import { certificate, hashes, hosted, silent } from "./certificate.ts"
import { attempt, entries, lifetime } from "./material.ts"

const dates = { notBefore: "2026-01-05T00:00:00Z", notAfter: "2036-01-05T00:00:00Z" } as const

export const verified: Answer = {
  id: "019ab0a6-7880-72cb-9c7b-ce2373746e84",
  valid: true,
  verdict: "verified",
  code: "Verified",
  message: "chat.orchard.example vouches for this certificate (RFC 7711, entry 1, sha-256).",
  ...hosted,
  prooftype: "posh",
  generation: "rfc7711",
  certificate: { sha256: hashes["sha-256"], ...dates, datesChecked: true },
  validUntil: lifetime.expiresAt,
  refreshAfter: "2026-11-23T08:48:50Z",
  ttl: 3_599,
  retryable: false,
  cache: "memory"
}

const nothing: Answer = {
  id: "019ab0a6-7894-7601-8f93-6922a0f43817",
  valid: false,
  verdict: "no-material",
  code: "NotPublished",
  message: "The domain publishes nothing for this service.",
  ...silent,
  prooftype: "posh",
  certificate: { sha256: hashes["sha-256"], ...dates, datesChecked: true },
  ttl: 0,
  retryable: false,
  retryAfterMs: 300_000,
  cache: "miss"
}

const evidence: Evidence = {
  attempts: [attempt],
  delegation: "reference",
  delegatedDomain: "xmpp.greenhouse.example",
  material: { kind: "fingerprints", entries },
  matched: { index: 1, algorithm: "sha-256", candidates: 2 },
  ...lifetime,
  prooftypes: [{ prooftype: "posh", verdict: "verified", code: "Verified" }],
  lints: [{ code: "MatchedNonPrimary", severity: "info", message: "the match is not the first candidate" }]
}

/** With what only a certificate says, which a fingerprint does not. */
export const explainedByCertificate: Answer = {
  ...verified,
  evidence: {
    ...evidence,
    presentedIdentifiers: [{ type: "dns", value: "xmpp.greenhouse.example" }],
    names: { source: false, delegated: true }
  }
}

export const explainedByFingerprint: Answer = {
  ...verified,
  certificate: { sha256: hashes["sha-256"], sha512: hashes["sha-512"], datesChecked: false },
  evidence
}

const byCertificate: Question = { ...hosted, certificate }

/** By name; an answer has the name of its question. */
export const questions = {
  verified: { summary: "A hosted domain vouches for its host", value: byCertificate },
  explained: { summary: "The same, with the reasons", value: { ...byCertificate, deadlineMs: 5_000, explain: true } },
  notPublished: { summary: "A domain that publishes nothing", value: { ...silent, certificate } }
} satisfies Record<string, { readonly summary: string; readonly value: Question }>

export const answers = { verified, explained: explainedByCertificate, notPublished: nothing } satisfies Record<
  keyof typeof questions,
  Answer
>

export const batchRequest: BatchRequest = {
  requests: [
    { id: "stream-17", ...byCertificate },
    { id: "stream-18", domain: "192.0.2.7", service: "xmpp-server", fingerprint: { "sha-256": hashes["sha-256"] } }
  ]
}

export const batchResponse: BatchResponse = {
  results: [
    { id: "stream-17", answer: verified },
    {
      id: "stream-18",
      problem: {
        type: "urn:posh:problem:InvalidSourceDomain",
        title: "The domain is not a public host name",
        status: 400,
        detail: "An IP address is not a domain (ip-literal).",
        code: "InvalidSourceDomain",
        field: "requests[1].domain"
      }
    }
  ]
}
