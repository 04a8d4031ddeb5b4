/**
 * The answer to a question. Every answer is HTTP 200; a problem means that there is no answer.
 */
import { Schema } from "effect"
import { AnswerCode, VerdictKind } from "./codes.ts"
import { Evidence } from "./Evidence.ts"
import { Problem } from "./Problem.ts"
import { prooftypes } from "./Question.ts"
import { SubResult } from "./SubResult.ts"
import { CacheStatus, Generation, Instant, instant, Sha256 } from "./values.ts"

/** What is known of the certificate in question. */
export const PresentedCertificate = Schema.Struct({
  sha256: Schema.optionalKey(Sha256),
  sha512: Schema.optionalKey(
    Schema.String.annotate({ description: "Base64 SHA-512; present if the question gave it as fingerprint." })
  ),
  notBefore: Schema.optionalKey(Instant),
  notAfter: Schema.optionalKey(Instant),
  datesChecked: Schema.Boolean.annotate({
    description: "False for a question by fingerprint: the caller must then check the dates itself."
  })
}).annotate({ identifier: "PresentedCertificate", title: "Certificate in question" })
export type PresentedCertificate = typeof PresentedCertificate.Type

/** The body of every HTTP 200 of `/v1/verify`. */
export const Answer = Schema.Struct({
  id: Schema.String.annotate({
    title: "Decision",
    description: "Id of this decision (UUID, version 7: sortable by time); logs and traces contain the same id.",
    examples: ["0193561d-2c7a-7f3e-9d0a-5b2f6c1e8a44"]
  }),
  valid: Schema.Boolean.annotate({ description: "True only for `verified`." }),
  verdict: VerdictKind,
  code: AnswerCode,
  message: Schema.String.annotate({
    description: "One sentence for a person.",
    examples: ["hosted.example vouches for this certificate (RFC 7711, entry 0, sha-256)."]
  }),
  domain: Schema.String.annotate({
    description: "The domain in canonical form (A-labels). Together with `service` it is the identity in question."
  }),
  service: Schema.String.annotate({ description: "The registered key of the service." }),
  prooftype: Schema.Literals(prooftypes).annotate({ description: "The proof that decided." }),
  proofs: Schema.optionalKey(
    Schema.Array(SubResult).annotate({
      description: "What each proof type says; present if the question asked for more than one."
    })
  ),
  generation: Schema.optionalKey(Generation),
  certificate: PresentedCertificate,
  validUntil: Schema.optionalKey(
    instant(
      "When a long-lived stream must be verified again: the earliest expiry of everything that the answer depends on. `verified` only."
    )
  ),
  refreshAfter: Schema.optionalKey(
    instant(
      "Earliest time at which a new question can change something (at 80 to 90 % of the lifetime). Never in the past. `verified` only."
    )
  ),
  ttl: Schema.Int.annotate({
    description: "Whole seconds, from the answer on, for which the caller may cache it; 0 unless `verified`.",
    examples: [86_399]
  }),
  retryable: Schema.Boolean.annotate({
    description: "Whether a retry can succeed without a change on the domain's side."
  }),
  retryAfterMs: Schema.optionalKey(
    Schema.Int.annotate({ description: "Milliseconds after which to retry, if known." })
  ),
  cache: Schema.optionalKey(CacheStatus),
  evidence: Schema.optionalKey(Evidence)
}).annotate({
  identifier: "Answer",
  title: "Answer",
  description: "A verdict. The HTTP status is 200 for every verdict; only `valid: true` means yes."
})
export type Answer = typeof Answer.Type

/** The result of one question of a batch: an answer or a problem, never both. */
export const BatchResult = Schema.Struct({
  id: Schema.optionalKey(Schema.String.annotate({ description: "The `id` of the question." })),
  answer: Schema.optionalKey(Answer),
  problem: Schema.optionalKey(Problem)
}).annotate({
  identifier: "BatchResult",
  title: "Result of a batch",
  description: "Exactly one of `answer` and `problem`."
})
export type BatchResult = typeof BatchResult.Type

/** The body of the answer to `POST /v1/verify/batch`. */
export const BatchResponse = Schema.Struct({
  results: Schema.Array(BatchResult).annotate({ description: "In the order of the requests." })
}).annotate({ identifier: "BatchResponse", title: "Results of a batch" })
export type BatchResponse = typeof BatchResponse.Type
