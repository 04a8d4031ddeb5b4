/**
 * Tools for publishers: look at a document, make one.
 */
import { Schema } from "effect"
import { domain, Generation, Lint, service } from "./values.ts"

/** Either a document as text, or a domain whose documents are looked at where they are published. */
export const LintRequest = Schema.Struct({
  document: Schema.optionalKey(
    Schema.String.annotate({
      title: "Document",
      description: "The document as text, with `generation`.",
      examples: ["{\"fingerprints\":[{\"sha-256\":\"…\"}],\"expires\":604800}"]
    })
  ),
  generation: Schema.optionalKey(Generation),
  domain: Schema.optionalKey(domain),
  service: Schema.optionalKey(service)
}).annotate({
  identifier: "LintRequest",
  title: "Document to look at",
  description: "Either `document` and `generation`, or `domain` and `service`."
})
export type LintRequest = typeof LintRequest.Type

/** The body of the answer to `POST /v1/documents/lint`. */
export const LintResponse = Schema.Struct({
  findings: Schema.Array(Lint).annotate({
    description: "Errors make the document unusable; warnings and infos do not. Empty: nothing to complain about."
  })
}).annotate({ identifier: "LintResponse", title: "Findings" })
export type LintResponse = typeof LintResponse.Type

/** What to publish: certificates, or a reference to where they are published. */
export const GenerateRequest = Schema.Struct({
  certificates: Schema.optionalKey(
    Schema.Array(Schema.String).check(Schema.isMinLength(1), Schema.isMaxLength(64)).annotate({
      title: "Certificates",
      description: [
        "1 to 64 certificates that the server may present, each PEM (of several blocks the first is taken) or base64",
        "DER, in any order."
      ].join(" ")
    })
  ),
  generation: Schema.optionalKey(Generation),
  url: Schema.optionalKey(
    Schema.String.annotate({
      title: "URL",
      description: "Makes a reference document: where the fingerprints are published.",
      examples: ["https://hosting.example/.well-known/posh/xmpp-server.json"]
    })
  ),
  expires: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })).annotate({
      title: "Expires",
      description: "Seconds for which the document may be kept. Default 86,400 for fingerprints, none for a JWK Set.",
      examples: [86_400]
    })
  ),
  service: Schema.optionalKey(service)
}).annotate({
  identifier: "GenerateRequest",
  title: "Document to make",
  description: [
    "Either `certificates` and `generation`, with `expires` if wanted, or `url` and `expires`. `service` (default",
    "`xmpp-server`) decides `path` alone."
  ].join(" ")
})
export type GenerateRequest = typeof GenerateRequest.Type

/** The body of the answer to `POST /v1/documents/generate`. */
export const GenerateResponse = Schema.Struct({
  document: Schema.String.annotate({ description: "The document, to be published as it is." }),
  contentType: Schema.String.annotate({
    description: "The media type to serve it with.",
    examples: ["application/json"]
  }),
  path: Schema.String.annotate({
    description: "The path to publish it at, on the domain itself.",
    examples: ["/.well-known/posh/xmpp-server.json"]
  })
}).annotate({ identifier: "GenerateResponse", title: "Document" })
export type GenerateResponse = typeof GenerateResponse.Type
