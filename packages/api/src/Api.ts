/**
 * The routes of the service, from which its router, its OpenAPI document and its client are made.
 */
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Access, needs } from "./Access.ts"
import { Answer, BatchResponse } from "./Answer.ts"
import { Association } from "./Association.ts"
import { withCertificateBody } from "./certificateBody.ts"
import { VerdictWord } from "./codes.ts"
import { withoutRejected } from "./documented.ts"
import { GenerateRequest, GenerateResponse, LintRequest, LintResponse } from "./Documents.ts"
import { Live, MetricsText, NotReady, Ready } from "./Health.ts"
import { Inventory } from "./Inventory.ts"
import { problemErrors } from "./Problem.ts"
import { PendingPurge } from "./Purge.ts"
import { assertionQuery, inventoryQuery, verifyQuery } from "./queries.ts"
import { BatchRequest, Question } from "./Question.ts"
import { domain, service } from "./values.ts"

/** Largest bodies that are read, in octets. A thousand questions with a PEM chain each fit into a batch. */
export const bodyLimits = { single: 1024 * 1024, batch: 32 * 1024 * 1024 } as const

const callerErrors = [problemErrors[400], problemErrors[401], problemErrors[403], problemErrors[429]] as const
const serviceErrors = [problemErrors[500], problemErrors[503]] as const
const bodyErrors = [problemErrors[413], problemErrors[415]] as const

const withBody = [...callerErrors, ...bodyErrors, ...serviceErrors] as const
const withoutBody = [...callerErrors, ...serviceErrors] as const

/** Is this certificate valid for this service on this domain? */
export class Verification extends HttpApiGroup.make("verification").add(
  HttpApiEndpoint.post("verify", "/v1/verify", { payload: Question, success: Answer, error: withBody })
    .annotateMerge(needs("verify"))
    .annotateMerge(OpenApi.annotations({
      summary: "Ask one question",
      description: [
        "Resolves what the domain publishes, or takes it from the cache, and compares. Every verdict is HTTP 200; a problem",
        "means that there is no verdict. The body is at most 1 MiB, also decoded from gzip. `refresh` requires the scope `admin`.",
        "The body may also be the certificate itself, PEM or DER; then, and only then, the rest of the question is in the parameters."
      ].join(" ")
    })),
  HttpApiEndpoint.get("verifyByFingerprint", "/v1/verify", {
    query: verifyQuery,
    success: [Answer, VerdictWord.pipe(HttpApiSchema.asText())],
    error: withoutBody
  })
    .annotateMerge(needs("verify"))
    .annotateMerge(OpenApi.annotations({
      summary: "Ask one question by fingerprint",
      description: [
        "For shells, monitors and small clients. With `Accept: text/plain` the body is only the verdict, as one word.",
        "A `+` in base64 need not be percent-encoded. `refresh` requires the scope `admin`."
      ].join(" ")
    })),
  HttpApiEndpoint.post("verifyBatch", "/v1/verify/batch", {
    payload: BatchRequest,
    success: BatchResponse,
    error: withBody
  })
    .annotateMerge(needs("verify"))
    .annotateMerge(OpenApi.annotations({
      summary: "Ask up to 1,000 questions",
      description: [
        "Results are in the order of the requests. An invalid question gets a problem as its result and does not affect the",
        "others; equal questions are deduplicated, so they share a decision. The body is at most 32 MiB, a question in it 1 MiB.",
        "Results are streamed as the caller reads them."
      ].join(" ")
    }))
).middleware(Access).annotateMerge(OpenApi.annotations({
  title: "Verification",
  description: "Is this certificate valid for this service on this domain?"
})) {}

const associationPath = { params: { domain, service } } as const

/** What a domain asserts. */
export class Associations extends HttpApiGroup.make("associations").add(
  HttpApiEndpoint.get("getAssociation", "/v1/associations/:domain/:service", {
    ...associationPath,
    query: assertionQuery,
    success: Association,
    error: withoutBody
  })
    .annotateMerge(needs("verify"))
    .annotateMerge(OpenApi.annotations({
      summary: "What the domain asserts now",
      description: [
        "Resolves on a cache miss, so it is also a prefetch. HTTP 200 for every state of the domain. With a resolver that",
        "validates DNSSEC, DNS is asked at the same time (`tlsa`). `refresh` resolves both anew.",
        "`refresh` requires the scope `admin`."
      ].join(" ")
    })),
  HttpApiEndpoint.delete("forgetAssociation", "/v1/associations/:domain/:service", {
    ...associationPath,
    success: [PendingPurge, HttpApiSchema.NoContent], // in this order: no content fits anything
    error: withoutBody
  })
    .annotateMerge(needs("admin"))
    .annotateMerge(OpenApi.annotations({
      summary: "Forget what is remembered",
      description: [
        "Purges the cache entries of both generations; idempotent, so 204 also if there were none. 204 means that the shared",
        "store has no entry, and that the purge was announced to every replica that listens. A replica that has lost the",
        "channel checks with the shared store before it answers from memory, for as long as it reaches the store. 202 lists the",
        "pending steps: retry until it is 204."
      ].join(" ")
    })),
  HttpApiEndpoint.get("listAssociations", "/v1/associations", {
    query: inventoryQuery,
    success: Inventory,
    error: withoutBody
  })
    .annotateMerge(needs("admin"))
    .annotateMerge(OpenApi.annotations({
      summary: "What is remembered, and until when",
      description: "Soonest expiry first, in pages. Sends no request to an origin, and extends no lifetime."
    }))
).middleware(Access).annotateMerge(
  OpenApi.annotations({ title: "Associations", description: "What a domain asserts." })
) {}

/** Tools for publishers. */
export class Documents extends HttpApiGroup.make("documents").add(
  HttpApiEndpoint.post("lintDocument", "/v1/documents/lint", {
    payload: LintRequest,
    success: LintResponse,
    error: withBody
  })
    .annotateMerge(needs("admin"))
    .annotateMerge(OpenApi.annotations({
      summary: "Look at a document",
      description: "Lints a document given as text, or what a domain publishes."
    })),
  HttpApiEndpoint.post("generateDocument", "/v1/documents/generate", {
    payload: GenerateRequest,
    success: GenerateResponse,
    error: withBody
  })
    .annotateMerge(needs("verify"))
    .annotateMerge(OpenApi.annotations({
      summary: "Make a document",
      description: [
        "From certificates, or as a reference to where they are published. With `?raw`, or with `Accept: application/octet-stream`,",
        "the answer is the document itself."
      ].join(" ")
    }))
).middleware(Access).annotateMerge(OpenApi.annotations({ title: "Documents", description: "Tools for publishers." })) {}

/** Probes and metrics for orchestrators. */
export class Health extends HttpApiGroup.make("health").add(
  HttpApiEndpoint.get("live", "/health/live", { success: Live })
    .annotateMerge(OpenApi.annotations({
      summary: "Does the process run?",
      description: "For an orchestrator that restarts what no longer answers. Asks nothing of any dependency."
    })),
  HttpApiEndpoint.get("ready", "/health/ready", { success: Ready, error: NotReady })
    .annotateMerge(OpenApi.annotations({
      summary: "Should questions be sent here?",
      description: "For load balancers: 503 while the service starts or stops."
    })),
  HttpApiEndpoint.get("metrics", "/metrics", { success: MetricsText, error: problemErrors[404] })
    .annotateMerge(OpenApi.annotations({
      summary: "What does the service count?",
      description: [
        "For Prometheus; 404 if `POSH_METRICS` is `off`, and on the main listener if `POSH_OPS_PORT` gives health and metrics a",
        "listener of their own."
      ].join(" ")
    }))
).annotateMerge(OpenApi.annotations({ title: "Health", description: "Probes and metrics for orchestrators." })) {}

/** The whole contract. */
export class Api extends HttpApi.make("posh").add(Verification, Associations, Documents, Health)
  .annotate(HttpApi.PayloadParseOptions, { onExcessProperty: "error" })
  .annotate(HttpApi.QueryParseOptions, { onExcessProperty: "error" })
  .annotateMerge(OpenApi.annotations({
    title: "POSH verification",
    version: "1.0.0",
    description: [
      "Is certificate X valid for service S on domain D? The service resolves what D publishes (RFC 7711 and the JWK Set",
      "draft before it), compares, gives its reasons, and caches material for as long as the lifetimes allow.",
      "",
      "Every verdict is HTTP 200. Any other status is a problem (RFC 9457, `application/problem+json`) and means that",
      "there is no verdict: never accept a certificate on a problem. Instants are RFC 3339 in UTC. The scope of an operation is",
      "the one that its key must have; `admin` includes `verify`. A path that is not here is answered with 404 `NotFound`, another",
      "method with 405 `MethodNotAllowed`; `HEAD` is answered wherever `GET` is."
    ].join("\n"),
    transform: (document) => withoutRejected(withCertificateBody(document))
  }))
{}
