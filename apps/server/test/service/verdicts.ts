/**
 * Verdicts and reports as the core returns them, for tests without the core.
 */
import {
  type Association,
  type AssociationReport,
  type Certificate,
  type Domain,
  Presented,
  type Question,
  QuestionError,
  type ServiceKey,
  type Verdict,
  Verifier
} from "@posh/core"
import { registeredServices } from "@posh/core/question"
import { Effect, Layer, Result } from "effect"
import { domainOf, prepare, questionOf } from "./inquiries.ts"

const domain = "hosted.example" as Domain
const service = "xmpp-server" as ServiceKey
const instant = (text: string): number => Date.parse(text)

export const sha256 = new Uint8Array(32).fill(1)
export const sha512 = new Uint8Array(64).fill(2)

export const certificate: Certificate = {
  der: new Uint8Array(),
  sha256,
  notBefore: instant("2026-01-01T00:00:00Z"),
  notAfter: instant("2027-01-01T00:00:00.250Z"),
  subject: "CN=hosted.example",
  issuer: "CN=hosted.example",
  serialNumber: "01",
  names: { dns: ["hosted.example"], srv: [], xmpp: ["hosted.example"], uri: [], ip: [] },
  namesLeftOut: 0,
  faults: [],
  publicKey: { algorithm: "ec", bits: 256, spki: new Uint8Array() },
  isCa: false,
  unknownCritical: []
}

export const association: Association = {
  domain,
  service,
  generation: "draft",
  material: {
    _tag: "JwkSet",
    entries: [{
      index: 0,
      kid: "2026",
      chain: [new Uint8Array()],
      notBefore: certificate.notBefore,
      notAfter: certificate.notAfter,
      sha256,
      spkiSha256: sha256
    }]
  },
  lints: [{ code: "KidDuplicate", severity: "warning", message: "two keys have the same kid" }],
  hops: [],
  delegation: "redirect",
  delegatedDomain: "hosting.example" as Domain,
  lifetime: {
    fetchedAt: instant("2026-11-22T09:00:00Z"),
    revalidateAt: instant("2026-11-23T09:00:00Z"),
    graceUntil: instant("2026-11-29T09:00:00Z"),
    expiresAt: instant("2027-01-01T00:00:00.250Z")
  }
}

export const verified: Verdict = {
  verdict: "verified",
  valid: true,
  code: "Verified",
  message: "hosted.example vouches for this certificate (the draft generation, entry 0).",
  domain,
  service,
  prooftype: "posh",
  generation: "draft",
  presented: new Presented({ "sha-256": sha256, "sha-512": sha512 }, certificate),
  decidedAt: instant("2026-11-22T10:00:00.900Z"),
  validUntil: instant("2026-11-23T09:00:00Z"),
  refreshAfter: instant("2026-11-23T04:12:00Z"),
  retryable: false,
  cache: "memory",
  evidence: {
    attempts: [{
      generation: "rfc7711",
      code: "NotPublished",
      url: "https://hosted.example/.well-known/posh/xmpp-server.json",
      hopIndex: 0,
      hops: [{
        url: "https://hosted.example/.well-known/posh/xmpp-server.json",
        status: 404,
        address: "192.0.2.1",
        tlsLeafSha256: "AAAA",
        startedAt: instant("2026-11-22T09:00:00Z"),
        endedAt: instant("2026-11-22T09:00:00.020Z")
      }],
      cache: "miss"
    }, { generation: "draft", code: "Resolved", hops: [], cache: "memory", revalidation: "overdue" }],
    delegation: association.delegation,
    delegatedDomain: association.delegatedDomain,
    material: association.material,
    lifetime: association.lifetime,
    matched: { index: 0, algorithm: "certificate", candidates: 1 },
    names: { source: true, delegated: false },
    chain: "valid",
    lints: association.lints
  }
}

export const mismatch: Verdict = {
  verdict: "mismatch",
  valid: false,
  code: "CertificateMismatch",
  message: "The certificate is not among those published.",
  domain,
  service,
  prooftype: "posh",
  generation: "rfc7711",
  presented: new Presented({ "sha-512": sha512 }),
  decidedAt: verified.decidedAt,
  retryable: false,
  cache: "miss",
  evidence: {
    attempts: [],
    material: { _tag: "Fingerprints", descriptors: [{ index: 3, hashes: { "sha-256": sha256, "sha-384": sha256 } }] },
    lints: []
  }
}

export const indeterminate: Verdict = {
  verdict: "indeterminate",
  valid: false,
  code: "ConnectTimeout",
  message: "The host did not accept a connection in time.",
  domain,
  service,
  prooftype: "posh",
  presented: new Presented({}),
  decidedAt: verified.decidedAt,
  retryable: true,
  retryAfterMs: 30_000,
  evidence: { attempts: [], lints: [] }
}

export const reported: AssociationReport = {
  domain,
  service,
  state: "material",
  code: "Resolved",
  message: "hosted.example vouches for 1 certificate.",
  association,
  attempts: verified.evidence.attempts,
  refreshAfter: instant("2026-11-23T04:12:00Z"),
  lints: association.lints,
  cache: "memory",
  retryable: false
}

/** The calls of the fake verifier. */
export interface Record {
  readonly questions: Array<Question>
  readonly assertions: Array<readonly [domain: string, service: string, options: unknown]>
  readonly forgotten: Array<readonly [domain: string, service: string]>
}

/** Answers by domain; every other domain is refused. */
export const fakeVerifier = (answers: { readonly [domain: string]: Verdict | "defect" | "never" }) => {
  const record: Record = { questions: [], assertions: [], forgotten: [] }
  const refused = new QuestionError({
    code: "InvalidSourceDomain",
    field: "domain",
    detail: "not-public: no such domain"
  })
  const layer = Layer.succeed(
    Verifier,
    Verifier.of({
      services: registeredServices,
      prepare: (question) => {
        if (answers[question.domain] !== undefined) return prepare(question)
        record.questions.push(question)
        return Result.fail(refused)
      },
      recall: () => undefined,
      readAhead: () => false,
      verify: (inquiry) => {
        record.questions.push(questionOf(inquiry))
        const answer = answers[domainOf(inquiry)]
        if (answer === undefined || answer === "defect") return Effect.die(new Error("the secret of the inside"))
        return answer === "never" ? Effect.never : Effect.succeed(answer)
      },
      report: (name, key, options) => {
        record.assertions.push([name, key, options])
        return answers[name] === undefined ? Effect.fail(refused) : Effect.succeed(reported)
      },
      forget: (name, key) => {
        record.forgotten.push([name, key])
        if (name === "unreachable.example") return Effect.succeed({ pending: ["store", "announcement"] })
        return answers[name] === undefined ? Effect.fail(refused) : Effect.succeed({ pending: [] })
      },
      inventory: () => Effect.succeed({ associations: [association] }),
      lookups: () => Effect.succeed({ lookups: [] })
    })
  )
  return { layer, record }
}
