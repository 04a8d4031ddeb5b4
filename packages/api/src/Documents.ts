/**
 * Tools for publishers: lint a document, generate one.
 */
import { Schema } from "effect"
import { domain, Generation, Lint, service } from "./values.ts"

/** Either a document as text, or a domain whose published documents are linted. */
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
  service: Schema.optionalKey(service),
  certificate: Schema.optionalKey(
    Schema.String.annotate({
      title: "Certificate",
      description:
        "A certificate that the server presents, as in a question: says whether it is published, and names mistakes. With its chain in one text, TLSA records about an issuer are compared too."
    })
  )
}).annotate({
  identifier: "LintRequest",
  title: "Document to look at",
  description: [
    "Either `document` and `generation`, or `domain` and `service`. `certificate` goes with both. With a resolver that validates",
    "DNSSEC, DNS of the domain is looked at too. No server but the web server is connected to: what the service itself presents is",
    "known only from `certificate`."
  ].join(" ")
})
export type LintRequest = typeof LintRequest.Type

/** The body of the answer to `POST /v1/documents/lint`. */
export const LintResponse = Schema.Struct({
  findings: Schema.Array(Lint).annotate({
    description: "Errors make the document unusable; warnings and infos do not. Empty: no findings."
  })
}).annotate({ identifier: "LintResponse", title: "Findings" })
export type LintResponse = typeof LintResponse.Type

/** What to publish: certificates, or a reference to where they are published. */
export const GenerateRequest = Schema.Struct({
  certificates: Schema.optionalKey(
    Schema.Array(Schema.String).check(Schema.isMinLength(1), Schema.isMaxLength(64)).annotate({
      title: "Certificates",
      description: [
        "1 to 64 certificates that the server may present, in any order; each is PEM or base64 DER. Of several in one text, all",
        "are used but those of CAs."
      ].join(" ")
    })
  ),
  generation: Schema.optionalKey(Generation),
  url: Schema.optionalKey(
    Schema.String.annotate({
      title: "URL",
      description: "URL where the fingerprints are published; generates a reference document.",
      examples: ["https://hosting.example/.well-known/posh/xmpp-server.json"]
    })
  ),
  expires: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })).annotate({
      title: "Expires",
      description: "Lifetime of the document in seconds. Default 86,400 for fingerprints, none for a JWK Set.",
      examples: [86_400]
    })
  ),
  service: Schema.optionalKey(service)
}).annotate({
  identifier: "GenerateRequest",
  title: "Document to make",
  description: [
    "Either `certificates` and `generation`, with an optional `expires`, or `url` and `expires`. `service` (default",
    "`xmpp-server`) affects only `path`."
  ].join(" ")
})
export type GenerateRequest = typeof GenerateRequest.Type

/** The body of the answer to `POST /v1/documents/generate`. */
export const GenerateResponse = Schema.Struct({
  document: Schema.String.annotate({ description: "The document. Publish it unchanged." }),
  contentType: Schema.String.annotate({
    description: "The media type to serve it with.",
    examples: ["application/json"]
  }),
  path: Schema.String.annotate({
    description: "The path to publish it at, on the domain itself.",
    examples: ["/.well-known/posh/xmpp-server.json"]
  }),
  findings: Schema.Array(Lint).annotate({
    description: "What may be wrong with the certificates, such as that one is that of a CA. Empty: no findings."
  })
}).annotate({ identifier: "GenerateResponse", title: "Document" })
export type GenerateResponse = typeof GenerateResponse.Type
