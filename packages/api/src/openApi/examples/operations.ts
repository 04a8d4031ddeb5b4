/**
 * The examples of each operation: one request in its parameters, bodies by media type and name, and what answers them.
 */
import type { GenerateRequest, GenerateResponse, LintRequest, LintResponse } from "../../Documents.ts"
import type { Live, NotReady, Ready } from "../../Health.ts"
import { metricsMediaType } from "../../Health.ts"
import type { PendingPurge } from "../../Purge.ts"
import type { Examples } from "../OpenApiDocument.ts"
import { rawMediaType } from "../rawDocument.ts"
import { answers, batchRequest, batchResponse, explainedByFingerprint, questions } from "./answers.ts"
import { certificate, hashes, hosted } from "./certificate.ts"
import { association, inventory } from "./material.ts"

export interface OperationExamples {
  /** Values of parameters that are a request together. */
  readonly parameters?: Readonly<Record<string, string>>
  readonly requests?: Readonly<Record<string, Examples>>
  /**
   * By status and media type. A response has the name of its request; a request without a body is `parameters`. Problems are
   * in `problems.ts`.
   */
  readonly responses: Readonly<Record<string, Readonly<Record<string, Examples>>>>
}

const json = "application/json"
const one = (value: unknown): Examples => ({ parameters: { value } })

const options = {
  prooftypes: "posh",
  generations: "rfc-then-draft",
  derivedDomain: "xmpp.greenhouse.example",
  derivedDomainSecure: "false",
  maxAge: "3600",
  refresh: "false",
  deadlineMs: "5000",
  explain: "true"
} as const

const pem: Examples = { explained: { value: certificate } }

const lintRequest: LintRequest = {
  document: "{\"fingerprints\":[{\"SHA256\":\"AAAA\"}],\"expires\":86400}",
  generation: "rfc7711"
}

const lintResponse: LintResponse = {
  findings: [
    {
      code: "NoUsableFingerprints",
      severity: "error",
      message:
        "No listed fingerprint can be used: fingerprints[0]: the hash name is not recognised; names are lower case " +
        "with a hyphen: \"SHA256\" (UnrecognisedHashName); fingerprints[0]: no hash of the descriptor can be used " +
        "(DescriptorUnusable)."
    },
    {
      code: "UnrecognisedHashName",
      severity: "warning",
      message: "the hash name is not recognised; names are lower case with a hyphen: \"SHA256\"",
      path: "fingerprints[0]"
    },
    {
      code: "DescriptorUnusable",
      severity: "error",
      message: "no hash of the descriptor can be used",
      path: "fingerprints[0]"
    }
  ]
}

const generateRequest: GenerateRequest = { certificates: [certificate], generation: "rfc7711", expires: 86_400 }

const generated: GenerateResponse = {
  document: `${JSON.stringify({ fingerprints: [hashes], expires: 86_400 }, null, 2)}\n`,
  contentType: "application/json",
  path: "/.well-known/posh/xmpp-server.json",
  findings: []
}

const live: Live = { status: "live", version: "0.1.0" }
const ready: Ready = { status: "ready" }
const stopping: NotReady = { status: "stopping" }
const pending: PendingPurge = { pending: ["announcement"] }

/** By the id of the operation. */
export const operationExamples: Readonly<Record<string, OperationExamples>> = {
  "verification.verify": {
    parameters: { ...hosted, ...options, nameCheck: "advisory", chainCheck: "off" },
    requests: { [json]: questions, "application/pem-certificate-chain": pem, "application/x-pem-file": pem },
    responses: {
      200: {
        [json]: {
          verified: { value: answers.verified },
          explained: { value: answers.explained },
          notPublished: { value: answers.notPublished }
        }
      }
    }
  },
  "verification.verifyByFingerprint": {
    parameters: { ...hosted, ...hashes, ...options },
    responses: { 200: { [json]: one(explainedByFingerprint), "text/plain": one("verified\n") } }
  },
  "verification.verifyBatch": {
    requests: { [json]: { two: { summary: "An answer and a problem", value: batchRequest } } },
    responses: { 200: { [json]: { two: { value: batchResponse } } } }
  },
  "associations.getAssociation": {
    parameters: { ...hosted, refresh: "false", deadlineMs: "5000" },
    responses: { 200: { [json]: one(association) } }
  },
  "associations.forgetAssociation": {
    parameters: hosted,
    responses: { 202: { [json]: one(pending) } }
  },
  "associations.listAssociations": {
    parameters: {
      expiresBefore: "2036-01-05T00:00:00Z",
      limit: "100",
      cursor: "MTc2NzU3MTIwMDAwMCBhLmV4YW1wbGU6eG1wcC1zZXJ2ZXI6cmZjNzcxMQ",
      source: "documents"
    },
    responses: { 200: { [json]: one(inventory) } }
  },
  "documents.lintDocument": {
    requests: { [json]: { misspelt: { summary: "A name of a hash that is misspelt", value: lintRequest } } },
    responses: { 200: { [json]: { misspelt: { value: lintResponse } } } }
  },
  "documents.generateDocument": {
    requests: { [json]: { fingerprints: { value: generateRequest } } },
    responses: {
      200: {
        [json]: { fingerprints: { value: generated } },
        [rawMediaType]: { fingerprints: { value: generated.document } }
      }
    }
  },
  "health.live": { responses: { 200: { [json]: one(live) } } },
  "health.ready": { responses: { 200: { [json]: one(ready) }, 503: { [json]: one(stopping) } } },
  "health.metrics": {
    responses: {
      200: {
        [metricsMediaType]: one(
          "# HELP posh_readiness 1 for the state that /health/ready reports.\n# TYPE posh_readiness gauge\n" +
            "posh_readiness{state=\"ready\"} 1\n"
        )
      }
    }
  }
}
