/**
 * Values that several messages share.
 */
import { Schema } from "effect"

/** An instant on the wire: RFC 3339, UTC, milliseconds only where they are not zero. */
export const Instant = Schema.String.annotate({
  identifier: "Instant",
  title: "Instant",
  description: "RFC 3339 in UTC; milliseconds are written only where they are not zero.",
  format: "date-time",
  examples: ["2026-11-23T09:00:00Z"]
})
export type Instant = typeof Instant.Type

/** An instant with a meaning of its own. */
export const instant = (description: string) =>
  Schema.String.annotate({ description, format: "date-time", examples: ["2026-11-23T09:00:00Z"] })

/** Base64 SHA-256 of the DER octets of a certificate. */
export const Sha256 = Schema.String.annotate({
  title: "SHA-256",
  description: "Base64 (with padding) of the SHA-256 of the certificate's DER octets.",
  examples: ["47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]
})

/** A generation of the protocol (requirements §0.3). */
export const Generation = Schema.Literals(["rfc7711", "draft"]).annotate({
  identifier: "Generation",
  title: "Generation",
  description: "`rfc7711`: fingerprints at `/.well-known/posh/…`. `draft`: a JWK Set at `/.well-known/posh.…`.",
  examples: ["rfc7711"]
})
export type Generation = typeof Generation.Type

/** How a domain publishes (requirements §0.4). */
export const Delegation = Schema.Literals(["possession", "redirect", "reference", "redirect+reference"]).annotate({
  identifier: "Delegation",
  title: "Delegation",
  description: "How the domain publishes: its own material, or by delegation to another host.",
  examples: ["reference"]
})
export type Delegation = typeof Delegation.Type

/** `cache` of an answer, an attempt or an association. */
export const CacheStatus = Schema.Literals(["miss", "memory", "redis", "coalesced"]).annotate({
  identifier: "CacheStatus",
  title: "Cache",
  description: [
    "Source of the deciding material: `miss`, fetched now; `memory` or `redis`, a cache hit; `coalesced`, fetched for",
    "another question at the same time."
  ].join(" "),
  examples: ["memory"]
})
export type CacheStatus = typeof CacheStatus.Type

/** A finding that decides nothing. */
export const Lint = Schema.Struct({
  code: Schema.String.annotate({
    description: "Code of the finding. Codes may be added at any time: ignore those that you do not know.",
    examples: ["MatchedNonPrimary"]
  }),
  severity: Schema.Literals(["error", "warning", "info"]),
  message: Schema.String.annotate({ description: "One sentence for a person." }),
  path: Schema.optionalKey(
    Schema.String.annotate({ description: "Position in the document, or a name in DNS.", examples: ["keys[0].x5c[1]"] })
  )
}).annotate({ identifier: "Lint", title: "Finding", description: "A finding that does not decide a verdict." })
export type Lint = typeof Lint.Type

/** The source domain of a question (POSH-REQ-03). */
export const domain = Schema.String.annotate({
  title: "Source domain",
  description: [
    "The domain that the caller intended to reach, as U-labels or A-labels. Take it from a trusted context (the stream's",
    "`to` or `from`), never from SNI, the certificate or DNS."
  ].join(" "),
  examples: ["hosted.example"]
})

/** The service of a question (requirements §2.2). */
export const service = Schema.String.annotate({
  title: "Service",
  description:
    "A registered key: `xmpp-client`, `xmpp-server`, or one of the operator's (`POSH_SERVICES`). `_xmpp-server._tcp` and " +
    "`xmpps-server` are aliases.",
  examples: ["xmpp-server"]
})

/** Milliseconds within which an answer is given (POSH-REQ-07). */
export const deadlineMs = { minimum: 50, maximum: 30_000, default: 10_000 } as const

/** `deadlineMs` of a question: milliseconds, 50 to 30,000. */
export const DeadlineMs = Schema.Int.check(Schema.isBetween(deadlineMs)).annotate({
  title: "Deadline",
  description: "Milliseconds. After them the answer is `indeterminate`, `DeadlineExceeded`. Default 10,000.",
  default: deadlineMs.default,
  examples: [5_000]
})

/** `maxAge` of a question: seconds. */
export const MaxAge = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 31 - 1 })).annotate({
  title: "Greatest age",
  description: [
    "Seconds. Material older than this is resolved again before it decides, at most once in 10 s for a domain and service;",
    "in between, material that was fetched within these 10 s is fresh enough. Negative entries keep their own TTL."
  ].join(" "),
  examples: [3_600]
})
