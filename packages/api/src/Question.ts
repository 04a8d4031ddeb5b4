/**
 * A question: is this certificate valid for this service on this domain?
 */
import { Schema } from "effect"
import { DeadlineMs, domain, MaxAge, service } from "./values.ts"

const certificate = Schema.String.annotate({
  title: "Certificate",
  description: [
    "PEM (one or more blocks, the leaf first) or base64 of the DER octets of the leaf. White space does not count, nor do",
    "text around the blocks and blocks of parameters or public keys. Line ends are real ones, in JSON `\\n`."
  ].join(" "),
  examples: ["-----BEGIN CERTIFICATE-----\nMIIB…\n-----END CERTIFICATE-----\n"]
})

const hash = (name: string) =>
  Schema.String.annotate({
    title: name,
    description: `The ${name} of the leaf's DER octets, as base64 or as hex, with or without colons.`
  })

/** Which generations are resolved, in which order (POSH-NEG-01). */
export const generations = ["rfc-then-draft", "rfc-only", "draft-only"] as const
/** Whether names in the certificate count (POSH-MAT-50, POSH-MAT-51). */
export const nameChecks = ["advisory", "source-or-delegated", "source"] as const
/** Whether the published chain is validated (POSH-MAT-20). */
export const chainChecks = ["off", "report", "require"] as const
/** The ways of proving an association (RFC 7712 §7). */
export const prooftypes = ["posh", "pkix", "dane"] as const
/** Certificates of a `chain`, at most. */
export const chainCertificates = 10

/**
 * The members that a question may have besides domain, service and certificate.
 *
 * A `default` is only where sending it says the same as leaving it out, since generated clients send it: `nameCheck` and `chainCheck`
 * beside a fingerprint are refused, and `prooftypes` would take the place of the deployment's.
 */
export const questionOptions = {
  prooftypes: Schema.optionalKey(
    Schema.Array(Schema.Literals(prooftypes)).annotate({
      title: "Proof types",
      description: [
        "Which proofs to try; one that verifies suffices. `posh`: what the domain publishes. `pkix`: a path of certificates to a",
        "trusted root, over the certificates of `chain`, and the names in the certificate. `dane`: TLSA records secured by DNSSEC; a mismatch there outweighs the others. One",
        "that this deployment cannot evaluate is refused. Default: the deployment's."
      ].join(" ")
    })
  ),
  generations: Schema.optionalKey(
    Schema.Literals(generations).annotate({
      title: "Generations",
      description: "Which generations of the protocol are resolved, in which order. The default is the deployment's.",
      examples: ["rfc-then-draft"]
    })
  ),
  nameCheck: Schema.optionalKey(
    Schema.Literals(nameChecks).annotate({
      title: "Name check",
      description: [
        "Whether names in the certificate count. `advisory` (default): reported as evidence.",
        "`source-or-delegated`: one must name the domain, the host where the material was found, or a host that DNSSEC",
        "secured (`derivedDomain`, `dane`). `source`: one must name the domain. Not together with `fingerprint`."
      ].join(" ")
    })
  ),
  chainCheck: Schema.optionalKey(
    Schema.Literals(chainChecks).annotate({
      title: "Chain check",
      description: [
        "Whether the chain published with a JWK Set is validated: `off` (default), `report` or `require`. No effect on",
        "RFC 7711 material. Not together with `fingerprint`."
      ].join(" ")
    })
  ),
  derivedDomain: Schema.optionalKey(
    Schema.String.annotate({
      title: "Derived domain",
      description: [
        "The host that DNS led to, such as an SRV target. Advisory in the evidence; under `source-or-delegated` it counts as a",
        "name, and only with `derivedDomainSecure`. Not needed beside `dane`, which finds the hosts itself."
      ].join(" "),
      examples: ["xmpp7.hosting.example"]
    })
  ),
  derivedDomainSecure: Schema.optionalKey(
    Schema.Boolean.annotate({
      title: "Derived domain secure",
      description:
        "Whether DNSSEC secured the resolution to `derivedDomain`. Without it `derivedDomain` proves nothing. Default false.",
      default: false
    })
  ),
  maxAge: Schema.optionalKey(MaxAge),
  refresh: Schema.optionalKey(
    Schema.Boolean.annotate({
      title: "Refresh",
      description:
        "Resolve again even if cached, at most once in 10 s for a domain and service. Requires the scope `admin`. Default false.",
      default: false
    })
  ),
  deadlineMs: Schema.optionalKey(DeadlineMs),
  explain: Schema.optionalKey(
    Schema.Boolean.annotate({
      title: "Explain",
      description: "Whether the answer carries its `evidence`. Default false.",
      default: false
    })
  )
}

const members = {
  domain,
  service,
  certificate: Schema.optionalKey(certificate),
  chain: Schema.optionalKey(
    Schema.Array(certificate).check(Schema.isMinLength(1), Schema.isMaxLength(chainCertificates)).annotate({
      title: "Chain",
      description:
        "1 to 10 certificates, the leaf first. Only the leaf is compared with what the domain publishes; `pkix` needs the " +
        "others."
    })
  ),
  fingerprint: Schema.optionalKey(
    Schema.Struct({
      "sha-256": Schema.optionalKey(hash("SHA-256")),
      "sha-512": Schema.optionalKey(hash("SHA-512"))
    }).annotate({
      title: "Fingerprint",
      description: [
        "Hashes of the leaf instead of the leaf itself. The caller must check the certificate's dates itself: the answer has",
        "`certificate.datesChecked: false`. The strongest hash that question and material have in common decides."
      ].join(" ")
    })
  ),
  ...questionOptions
}

/**
 * The body of `POST /v1/verify`.
 *
 * **Details**
 *
 * Exactly one of `certificate`, `chain` and `fingerprint` is given. Unknown members are rejected, so that a misspelt
 * safety option is never ignored silently.
 */
export const Question = Schema.Struct(members).annotate({
  identifier: "Question",
  title: "Question",
  description: [
    "Is this certificate valid for this service on this domain? Exactly one of `certificate`, `chain` and",
    "`fingerprint` is given. Unknown members are rejected, so that a misspelt safety option is never ignored silently.",
    "Duplicate members are rejected as well, because parsers differ in which of them they use."
  ].join(" ")
})
export type Question = typeof Question.Type

/** Bounds of a batch. */
export const batchLimits = { requests: 1_000, idCharacters: 128 } as const

/** A question of a batch, with an id that its result repeats. */
export const BatchQuestion = Schema.Struct({
  id: Schema.optionalKey(
    Schema.String.check(Schema.isMaxLength(batchLimits.idCharacters)).annotate({
      title: "Id",
      description: "Id that the caller chooses for the question; its result repeats it.",
      examples: ["stream-17"]
    })
  ),
  ...members
}).annotate({
  identifier: "BatchQuestion",
  title: "Question of a batch",
  description: "A question with an optional `id`, which its result repeats."
})
export type BatchQuestion = typeof BatchQuestion.Type

/** The body of `POST /v1/verify/batch`. */
export const BatchRequest = Schema.Struct({
  requests: Schema.Array(BatchQuestion).check(Schema.isMaxLength(batchLimits.requests)).annotate({
    title: "Requests",
    description: "Up to 1,000 questions. Equal ones are deduplicated."
  })
}).annotate({ identifier: "BatchRequest", title: "Batch of questions" })
export type BatchRequest = typeof BatchRequest.Type
