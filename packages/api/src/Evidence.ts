/**
 * The reasons for an answer (POSH-MAT-62, POSH-RES-90).
 */
import { Schema } from "effect"
import { ResolutionCode, Stage } from "./codes.ts"
import { SubResult } from "./SubResult.ts"
import { CacheStatus, Delegation, Generation, Instant, instant, Lint, Sha256 } from "./values.ts"

/** One HTTPS request. */
export const Hop = Schema.Struct({
  url: Schema.String.annotate({ examples: ["https://hosted.example/.well-known/posh/xmpp-server.json"] }),
  status: Schema.optionalKey(Schema.Int.annotate({ description: "HTTP status; absent if there was no response." })),
  address: Schema.optionalKey(Schema.String.annotate({ description: "The IP address of the connection." })),
  tlsLeafSha256: Schema.optionalKey(
    Schema.String.annotate({ description: "Base64 SHA-256 of the certificate that the web server presented." })
  ),
  startedAt: Instant,
  endedAt: Instant,
  document: Schema.optionalKey(
    Schema.Literals(["jwk-set", "fingerprints", "reference"]).annotate({
      description: "Kind of the document that was found."
    })
  ),
  documentSha256: Schema.optionalKey(
    Schema.String.annotate({
      description: "Hex SHA-256 of the document, octet for octet, as `curl --compressed … | sha256sum` prints it."
    })
  )
}).annotate({ identifier: "Hop", title: "Hop", description: "One HTTPS request on the way to the material." })
export type Hop = typeof Hop.Type

/** The resolution of one generation, and its outcome (POSH-NEG-04). */
export const Attempt = Schema.Struct({
  generation: Generation,
  code: ResolutionCode,
  stage: Schema.optionalKey(Stage),
  detail: Schema.optionalKey(Schema.String.annotate({ description: "Details beyond the code, for a person." })),
  url: Schema.optionalKey(Schema.String.annotate({ description: "The URL at fault." })),
  hopIndex: Schema.optionalKey(Schema.Int.annotate({ description: "Index of the hop that failed; 0 is the first." })),
  hops: Schema.Array(Hop).annotate({ description: "The requests in order." }),
  cache: CacheStatus,
  revalidation: Schema.optionalKey(
    Schema.Literal("overdue").annotate({
      description: "The material is stale: it is due for revalidation, and the last attempt got no answer."
    })
  )
}).annotate({ identifier: "Attempt", title: "Attempt", description: "The resolution of one generation." })
export type Attempt = typeof Attempt.Type

/** One published certificate. */
export const MaterialEntry = Schema.Struct({
  index: Schema.Int.annotate({ description: "Position in the document." }),
  kid: Schema.optionalKey(Schema.String.annotate({ description: "Name of the key in a JWK Set." })),
  hashes: Schema.Struct({
    "sha-256": Schema.optionalKey(Schema.String),
    "sha-384": Schema.optionalKey(Schema.String),
    "sha-512": Schema.optionalKey(Schema.String)
  }).annotate({ description: "Base64 hashes of the DER octets of the certificate, by algorithm." }),
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
  description: "The usable certificates that the domain publishes. Only JWK Sets contain dates."
})
export type Material = typeof Material.Type

/** Lifetime of material, as members of the message that carries it. */
export const lifetimeMembers = {
  fetchedAt: Schema.optionalKey(instant("Start of the request that delivered the material.")),
  revalidateAt: Schema.optionalKey(instant("From when on a question revalidates the material.")),
  graceUntil: Schema.optionalKey(instant("Until when stale material may be served if it cannot be revalidated.")),
  expiresAt: Schema.optionalKey(instant("Absolute expiry of the material."))
}

/** What came of a URL at which a certificate says that its issuer's is. */
export const IssuerFetch = Schema.Struct({
  url: Schema.String.annotate({ description: "Non-printable characters are escaped, and a long URL is truncated." }),
  outcome: Schema.Literals(["fetched", "refused", "failed", "pending"]).annotate({
    description:
      "`refused`: such URLs are not asked. `pending`: there was no answer in time, or a budget did not allow to ask."
  }),
  detail: Schema.optionalKey(Schema.String.annotate({ description: "Why there is no certificate, for a person." }))
}).annotate({ identifier: "IssuerFetch", title: "Request for an issuer" })
export type IssuerFetch = typeof IssuerFetch.Type

/** The path of PKIX, or why there is none. */
export const PkixEvidence = Schema.Struct({
  detail: Schema.optionalKey(Schema.String.annotate({ description: "Why there is none, for a person." })),
  path: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({
        subject: Schema.String,
        sha256: Sha256,
        notAfter: Instant
      })
    ).annotate({ description: "The certificates of the path, the leaf first, the root last." })
  ),
  fetches: Schema.optionalKey(
    Schema.Array(IssuerFetch).annotate({
      description:
        "Where certificates of the chain say that a missing issuer is; absent unless the deployment fetches issuers."
    })
  )
}).annotate({
  identifier: "PkixEvidence",
  title: "Path",
  description: "The path to a trusted root, or why there is none."
})
export type PkixEvidence = typeof PkixEvidence.Type

/** What DNS says. */
export const DaneEvidence = Schema.Struct({
  detail: Schema.String.annotate({ description: "What was found, for a person." }),
  record: Schema.optionalKey(
    Schema.Struct({ usage: Schema.Int, selector: Schema.Int, matching: Schema.Int, name: Schema.String }).annotate({
      description: "The TLSA record that matches."
    })
  )
}).annotate({ identifier: "DaneEvidence", title: "TLSA records", description: "What DNS says of the service." })
export type DaneEvidence = typeof DaneEvidence.Type

/** A name in the certificate. */
export const PresentedIdentifier = Schema.Struct({
  type: Schema.Literals(["dns", "srv", "xmpp", "uri", "ip"]),
  value: Schema.String
}).annotate({ identifier: "PresentedIdentifier", title: "Name in the certificate" })
export type PresentedIdentifier = typeof PresentedIdentifier.Type

/** Everything that an answer depends on; for people, tools and audits, not for decisions. */
export const Evidence = Schema.Struct({
  attempts: Schema.Array(Attempt).annotate({ description: "One for each generation that was resolved, in order." }),
  delegation: Schema.optionalKey(Delegation),
  delegatedDomain: Schema.optionalKey(
    Schema.String.annotate({ description: "The host where the material was found.", examples: ["hosting.example"] })
  ),
  material: Schema.optionalKey(Material),
  matched: Schema.optionalKey(
    Schema.Struct({
      index: Schema.Int.annotate({ description: "Index of the published certificate that matched." }),
      algorithm: Schema.Literals(["sha-256", "sha-384", "sha-512", "certificate", "spki"]).annotate({
        description: "What was compared: a hash, whole certificates, or keys."
      }),
      candidates: Schema.Int.annotate({ description: "Number of published certificates that were compared." })
    })
  ),
  presentedIdentifiers: Schema.optionalKey(
    Schema.Array(PresentedIdentifier).annotate({
      description: "The names in the certificate (subjectAltName); if there are very many, the first of each type. " +
        "Non-printable characters are escaped, and long names are truncated."
    })
  ),
  presentedIdentifiersOmitted: Schema.optionalKey(
    Schema.Int.annotate({ description: "Number of further names in the certificate; absent if all are listed." })
  ),
  names: Schema.optionalKey(
    Schema.Struct({
      source: Schema.Boolean,
      delegated: Schema.Boolean,
      derived: Schema.optionalKey(Schema.Boolean)
    }).annotate({
      description: "Which of the domains in question the certificate names. Advisory unless `nameCheck` is set."
    })
  ),
  chain: Schema.optionalKey(
    Schema.Literals(["valid", "invalid"]).annotate({ description: "Outcome of the chain check." })
  ),
  ...lifetimeMembers,
  prooftypes: Schema.Array(SubResult).annotate({ description: "Outcome of each proof type that was requested." }),
  pkix: Schema.optionalKey(PkixEvidence),
  dane: Schema.optionalKey(DaneEvidence),
  lints: Schema.Array(Lint)
}).annotate({
  identifier: "Evidence",
  title: "Evidence",
  description: "The reasons for the answer. Present if the question set `explain`."
})
export type Evidence = typeof Evidence.Type
