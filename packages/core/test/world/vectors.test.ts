import { assert, describe, it } from "@effect/vitest"
import { Behave, type HostOptions, seedCa, seedExample1, seedExample2, seedLeaf } from "@posh/testing"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { Policy } from "../../src/Policy.ts"
import type { Question } from "../../src/question/Question.ts"
import { Verifier } from "../../src/Verifier.ts"
import { verifyBy } from "../asking.ts"
import { draftPath, layerVerifier, layerWorld, rfcPath } from "./world.ts"

/** The draft's own documents, served as they are (requirements A.4). The TLS handshakes go by today's clock. */
const first = seedExample1.document
const second = seedExample2.document
const rfcDocument = (sha256: string) => ({ fingerprints: [{ "sha-256": sha256 }], expires: 604_800 })
const fingerprint = "4/mggdlVx8A3pvHAWW5sD+qJyMtUHgiRuPjVC48N0XQ="

const draft = (document: unknown): HostOptions => ({ routes: { [draftPath]: Behave.json(document) } })
const rfc = (document: unknown): HostOptions => ({ routes: { [rfcPath]: Behave.json(document) } })

const hosts: Record<string, HostOptions> = {
  "first.example": draft(first),
  "second.example": draft(second),
  "reduced.example": draft({ keys: [second.keys[0]] }),
  "other-modulus.example": draft({ keys: [{ ...first.keys[0], n: second.keys[0]?.n }] }),
  "verbatim.example": draft({
    keys: [{ ...first.keys[0], x5c: first.keys[0]?.x5c.map((text) => text.replace(/(.{64})/g, "$1 ")) }]
  }),
  "rfc.example": rfc(rfcDocument(fingerprint)),
  "unpadded.example": rfc(rfcDocument(fingerprint.slice(0, -1))),
  "base64url.example": rfc(rfcDocument(fingerprint.replaceAll("/", "_").replaceAll("+", "-")))
}

const pem = (der: Uint8Array) => Buffer.from(der).toString("base64")
const ex1 = pem(seedLeaf(seedExample1))
const ex2 = [pem(seedLeaf(seedExample2, 0)), pem(seedLeaf(seedExample2, 1))] as const
const draftDay = "2013-06-04T00:00:00Z"

interface Row {
  readonly id: string
  readonly domain: string
  readonly certificate: string
  readonly at: string
  readonly ask?: Partial<Question>
  readonly policy?: Partial<Policy>
  readonly code: string
  readonly index?: number
  readonly lint?: string
}

const rows: ReadonlyArray<Row> = [
  { id: "V1", domain: "first.example", certificate: ex1, at: draftDay, code: "Verified", index: 0 },
  {
    id: "V2 SHA-1 allowed",
    domain: "first.example",
    certificate: ex1,
    at: draftDay,
    ask: { chainCheck: "require" },
    policy: { chainSha1: true },
    code: "Verified",
    index: 0
  },
  {
    id: "V2 SHA-1 refused",
    domain: "first.example",
    certificate: ex1,
    at: draftDay,
    ask: { chainCheck: "require" },
    code: "ChainInvalid"
  },
  {
    id: "V2 SHA-1 reported",
    domain: "first.example",
    certificate: ex1,
    at: draftDay,
    ask: { chainCheck: "report" },
    code: "Verified",
    index: 0,
    lint: "ChainInvalid"
  },
  {
    id: "V3",
    domain: "first.example",
    certificate: ex1,
    at: "2014-01-01T00:00:00Z",
    code: "PresentedCertificateExpired"
  },
  {
    id: "V4",
    domain: "first.example",
    certificate: ex1,
    at: "2011-01-01T00:00:00Z",
    code: "PresentedCertificateNotYetValid"
  },
  { id: "V5", domain: "first.example", certificate: pem(seedCa), at: draftDay, code: "CertificateMismatch" }, // POSH-MAT-12
  { id: "V6", domain: "first.example", certificate: ex2[0], at: draftDay, code: "CertificateMismatch" },
  {
    id: "V6 chain required",
    domain: "first.example",
    certificate: ex2[0],
    at: draftDay,
    ask: { chainCheck: "require" },
    policy: { chainSha1: true },
    code: "CertificateMismatch"
  },
  { id: "V7", domain: "second.example", certificate: ex2[0], at: draftDay, code: "Verified", index: 0 },
  {
    id: "V8",
    domain: "second.example",
    certificate: ex2[1],
    at: draftDay,
    code: "Verified",
    index: 1,
    lint: "MatchedNonPrimary"
  },
  {
    id: "V9",
    domain: "second.example",
    certificate: ex2[1],
    at: "2014-01-01T00:00:00Z",
    code: "Verified",
    index: 1,
    lint: "JwkEntryExpired"
  },
  // POSH-MAT-10, POSH-MAT-11: the same key
  { id: "V10", domain: "reduced.example", certificate: ex2[1], at: draftDay, code: "CertificateMismatch" },
  {
    id: "V10 spki",
    domain: "reduced.example",
    certificate: ex2[1],
    at: draftDay,
    policy: { match: "spki" },
    code: "Verified",
    index: 0
  },
  {
    id: "V11 leaf",
    domain: "second.example",
    certificate: ex2[1],
    at: "2016-01-01T00:00:00Z",
    code: "PresentedCertificateExpired"
  },
  {
    id: "V11 material",
    domain: "second.example",
    certificate: pem(seedCa),
    at: "2016-01-01T00:00:00Z",
    code: "AllMaterialExpired"
  },
  { id: "V12", domain: "other-modulus.example", certificate: ex1, at: draftDay, code: "NoUsableJwk" },
  { id: "V13", domain: "rfc.example", certificate: ex1, at: draftDay, code: "Verified", index: 0 },
  {
    id: "V14",
    domain: "unpadded.example",
    certificate: ex1,
    at: draftDay,
    code: "Verified",
    index: 0,
    lint: "UnpaddedBase64"
  },
  { id: "V15", domain: "base64url.example", certificate: ex1, at: draftDay, code: "NoUsableFingerprints" },
  { id: "A.3.11", domain: "verbatim.example", certificate: ex1, at: draftDay, code: "NoUsableJwk" },
  ...["first.example", "rfc.example"].map((domain) => (
    {
      id: "SEC-06",
      domain,
      certificate: ex1,
      at: draftDay,
      policy: { trustDraftExamples: false },
      code: "PresentedCertificatePolicyViolation"
    }
  ))
]

describe("the draft's own documents (requirements A.4)", () => {
  it.effect.each(rows)(
    "$id: $domain at $at → $code",
    ({ ask, at, certificate, code, domain, index, lint, policy }) =>
      Effect.gen(function*() {
        yield* TestClock.setTime(Date.parse(at))
        const verdict = yield* Verifier.use((verifier) =>
          verifyBy(verifier, { domain, service: "xmpp-server", certificate, ...ask })
        )
        assert.strictEqual(verdict.code, code, verdict.message)
        assert.strictEqual(verdict.valid, code === "Verified")
        assert.strictEqual(verdict.evidence.matched?.index, index)
        if (lint !== undefined) assert.include(verdict.evidence.lints.map((found) => found.code as string), lint)
      }).pipe(Effect.provide(layerVerifier(policy).pipe(Layer.provide(layerWorld(hosts)))))
  )
})
