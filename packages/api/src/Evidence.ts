/**
 * Why an answer is what it is (POSH-MAT-62, POSH-RES-90).
 */
import { Schema } from "effect"
import { FailureCode, ResolutionCode, Stage, VerdictKind } from "./codes.ts"
import { prooftypes } from "./Question.ts"
import { CacheStatus, Delegation, Generation, Instant, instant, Lint } from "./values.ts"

/** One HTTPS request. */
export const Hop = Schema.Struct({
  url: Schema.String.annotate({ examples: ["https://hosted.example/.well-known/posh/xmpp-server.json"] }),
  status: Schema.optionalKey(Schema.Int.annotate({ description: "HTTP status; absent where no answer came." })),
  address: Schema.optionalKey(Schema.String.annotate({ description: "The address that was dialled." })),
  tlsLeafSha256: Schema.optionalKey(
    Schema.String.annotate({ description: "Base64 SHA-256 of the certificate that the web server presented." })
  ),
  startedAt: Instant,
  endedAt: Instant,
  document: Schema.optionalKey(
    Schema.Literals(["jwk-set", "fingerprints", "reference"]).annotate({ description: "What was found there." })
  )
}).annotate({ identifier: "Hop", title: "Hop", description: "One HTTPS request on the way to the material." })
export type Hop = typeof Hop.Type

/** How one generation was asked, and what came of it (POSH-NEG-04). */
export const Attempt = Schema.Struct({
  generation: Generation,
  code: ResolutionCode,
  stage: Schema.optionalKey(Stage),
  detail: Schema.optionalKey(Schema.String.annotate({ description: "More than the code says, for a person." })),
  url: Schema.optionalKey(Schema.String.annotate({ description: "The URL at fault." })),
  hopIndex: Schema.optionalKey(Schema.Int.annotate({ description: "Which of the hops failed; 0 is the first." })),
  hops: Schema.Array(Hop).annotate({ description: "The requests in order." }),
  cache: CacheStatus,
  revalidation: Schema.optionalKey(
    Schema.Literal("overdue").annotate({
      description: "The material is due for revalidation, and its source could not be asked."
    })
  )
}).annotate({ identifier: "Attempt", title: "Attempt", description: "How one generation was asked." })
export type Attempt = typeof Attempt.Type

/** One published certificate. */
export const MaterialEntry = Schema.Struct({
  index: Schema.Int.annotate({ description: "Position in the document." }),
  kid: Schema.optionalKey(Schema.String.annotate({ description: "Name of the key in a JWK Set." })),
  hashes: Schema.Struct({
    "sha-256": Schema.optionalKey(Schema.String),
    "sha-384": Schema.optionalKey(Schema.String),
    "sha-512": Schema.optionalKey(Schema.String)
  }).annotate({ description: "Base64 by name; of the DER octets of the certificate." }),
  notBefore: Schema.optionalKey(Instant),
  notAfter: Schema.optionalKey(Instant)
}).annotate({ identifier: "MaterialEntry", title: "Published certificate" })
export type MaterialEntry = typeof MaterialEntry.Type

/** What a domain asserts. */
export const Material = Schema.Struct({
  kind: Schema.Literals(["fingerprints", "jwk-set"]),
  entries: Schema.Array(MaterialEntry)
}).annotate({
  identifier: "Material",
  title: "Material",
  description: "The usable certificates that the domain publishes. Dates are known of JWK Sets only."
})
export type Material = typeof Material.Type

/** Life of material, as members of the message that carries it. */
export const lifetimeMembers = {
  fetchedAt: Schema.optionalKey(instant("When the request began that delivered the material.")),
  revalidateAt: Schema.optionalKey(instant("From when on a question resolves again.")),
  graceUntil: Schema.optionalKey(instant("Until when the material may serve where its source cannot be asked.")),
  expiresAt: Schema.optionalKey(instant("When the material ends in any case."))
}

/** A name in the certificate. */
export const PresentedIdentifier = Schema.Struct({
  type: Schema.Literals(["dns", "srv", "xmpp", "uri", "ip"]),
  value: Schema.String
}).annotate({ identifier: "PresentedIdentifier", title: "Name in the certificate" })
export type PresentedIdentifier = typeof PresentedIdentifier.Type

/** Everything an answer rests on; for people, tools and audits, not for deciding. */
export const Evidence = Schema.Struct({
  attempts: Schema.Array(Attempt).annotate({ description: "One for each generation that was asked, in order." }),
  delegation: Schema.optionalKey(Delegation),
  delegatedDomain: Schema.optionalKey(
    Schema.String.annotate({ description: "The host where the material was found.", examples: ["hosting.example"] })
  ),
  material: Schema.optionalKey(Material),
  matched: Schema.optionalKey(
    Schema.Struct({
      index: Schema.Int.annotate({ description: "Which of the published certificates it is." }),
      algorithm: Schema.Literals(["sha-256", "sha-384", "sha-512", "certificate", "spki"]).annotate({
        description: "What was compared: a hash, whole certificates, or keys."
      }),
      candidates: Schema.Int.annotate({ description: "How many certificates were there to compare with." })
    })
  ),
  presentedIdentifiers: Schema.optionalKey(
    Schema.Array(PresentedIdentifier).annotate({
      description: "The names in the certificate (subjectAltName); of very many, the first of each type. " +
        "What does not print is written as an escape, and what is long is cut."
    })
  ),
  presentedIdentifiersOmitted: Schema.optionalKey(
    Schema.Int.annotate({ description: "How many more names the certificate has; absent where all are listed." })
  ),
  names: Schema.optionalKey(
    Schema.Struct({
      source: Schema.Boolean,
      delegated: Schema.Boolean,
      derived: Schema.optionalKey(Schema.Boolean)
    }).annotate({ description: "Which of the domains in question the certificate names. Advice unless `nameCheck`." })
  ),
  chain: Schema.optionalKey(
    Schema.Literals(["valid", "invalid"]).annotate({ description: "Outcome of the chain check." })
  ),
  ...lifetimeMembers,
  prooftypes: Schema.Array(
    Schema.Struct({
      prooftype: Schema.Literals(prooftypes),
      verdict: VerdictKind,
      code: Schema.Union([Schema.Literal("Verified"), FailureCode])
    })
  ).annotate({ description: "What each proof type that was asked for came to." }),
  lints: Schema.Array(Lint)
}).annotate({
  identifier: "Evidence",
  title: "Evidence",
  description: "Why the answer is what it is. Given where the question said `explain`."
})
export type Evidence = typeof Evidence.Type
