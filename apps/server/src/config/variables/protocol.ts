/**
 * What counts as a document, a lifetime and a match.
 */
import { boolean, duration, oneOf, orWord } from "../parsers.ts"
import { variable } from "../Variable.ts"

export const protocol = {
  allowSpecialUseDomains: variable("POSH_ALLOW_SPECIAL_USE_DOMAINS", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Accept names that never resolve publicly, such as `.test` and `.example`.",
    consequence: "For tests and demonstrations: names of the local network become questions.",
    parse: boolean
  }),
  generations: variable("POSH_GENERATIONS", {
    fallback: "rfc-then-draft",
    values: "`rfc-then-draft`, `rfc-only`, `draft-only`",
    meaning: "Which generations of the protocol are asked where the question does not say.",
    consequence: "`rfc-only` loses domains that publish JWK Sets alone; `draft-only` loses all others.",
    parse: oneOf(["rfc-then-draft", "rfc-only", "draft-only"])
  }),
  draftRevalidate: variable("POSH_DRAFT_REVALIDATE", {
    fallback: "24h",
    values: "a duration from `1m` to `7d`",
    meaning: "Age at which JWK Sets are asked for again.",
    consequence: "Longer: less traffic, and a withdrawn certificate stays acceptable longer.",
    parse: duration("1m", "7d")
  }),
  draftGrace: variable("POSH_DRAFT_GRACE", {
    fallback: "7d",
    values: "a duration from `0` to `36500d`, or `certificate`",
    meaning: "How long a JWK Set serves where its source cannot be asked.",
    consequence:
      "`certificate`: as long as the certificate itself. Longer: outages hurt less, withdrawals reach you later.",
    parse: orWord("certificate", Number.POSITIVE_INFINITY, duration("0", "36500d"))
  }),
  maxLifetime: variable("POSH_MAX_LIFETIME", {
    fallback: "7d",
    values: "a duration from `0` to `7d`",
    meaning: "Cap on the lifetime of RFC 7711 material, whatever `expires` says.",
    consequence: "Shorter: changes reach you sooner, and domains are asked more often. `0`: nothing is remembered.",
    parse: duration("0", "7d")
  }),
  leafProfile: variable("POSH_LEAF_PROFILE", {
    fallback: "report",
    values: "`report`, `enforce`",
    meaning: "Whether a certificate that is no proper server certificate (key usage, key size, CA) is refused.",
    consequence: "`enforce` refuses certificates that their domain vouches for; `report` leaves a lint.",
    parse: oneOf(["report", "enforce"])
  }),
  match: variable("POSH_MATCH", {
    fallback: "certificate",
    values: "`certificate`, `spki`",
    meaning: "What must be equal with a JWK Set: the certificate, or its public key.",
    consequence: "`spki` accepts a renewed certificate with the same key, and goes beyond the protocol.",
    parse: oneOf(["certificate", "spki"])
  }),
  chainSha1: variable("POSH_CHAIN_SHA1", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Accept SHA-1 signatures in the optional chain check.",
    consequence: "`true` makes the chain check worthless against whoever can make SHA-1 collide.",
    parse: boolean
  }),
  clockSkew: variable("POSH_CLOCK_SKEW", {
    fallback: "0s",
    values: "a duration from `0` to `300s`",
    meaning: "By how much clocks may differ when certificates are checked.",
    consequence: "Certificates count that much before and after their dates.",
    parse: duration("0", "300s")
  }),
  strictMediaTypes: variable("POSH_STRICT_MEDIA_TYPES", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Require JSON media types by name.",
    consequence: "`true` loses domains that serve their document as text; `false` leaves a lint.",
    parse: boolean
  }),
  acceptInterim: variable("POSH_ACCEPT_INTERIM", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Read the formats of the drafts in between, at the path of the first draft.",
    consequence: "`true` finds a few domains more.",
    parse: boolean
  }),
  trustDraftExamples: variable("POSH_TRUST_DRAFT_EXAMPLES", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Accept the example certificates of the drafts.",
    consequence: "Their private keys are public: `true` is for tests alone.",
    parse: boolean
  })
} as const
