/**
 * The protocol: documents, lifetimes and matching.
 */
import { parseServices } from "@posh/core/question"
import { Result } from "effect"
import { boolean, duration, oneOf, orWord } from "../parsers.ts"
import { variable } from "../Variable.ts"

export const protocol = {
  allowSpecialUseDomains: variable("POSH_ALLOW_SPECIAL_USE_DOMAINS", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Accept names that never resolve publicly, such as `.test` and `.example`.",
    consequence: "For tests and demonstrations: callers can then ask about names of the local network.",
    parse: boolean
  }),
  services: variable("POSH_SERVICES", {
    fallback: "",
    values:
      "`name`, `name/proto` or `name/proto:port`, comma-separated, such as `submission/tcp:587,imaps:993,sip/udp`; " +
      "`proto` is `tcp` (if absent), `udp` or `sctp`",
    meaning: "Services besides `xmpp-client` and `xmpp-server`, by their names in SRV records without the underscore.",
    consequence:
      "For `sip/udp` the documents are `posh/sip.json` and `posh._sip._udp.json`. The port is part of no URL: it is " +
      "known for hosts without SRV records. Services over HTTP are refused; so is a name that is listed twice, or built in otherwise.",
    parse: (value) => Result.mapError(parseServices(value), ({ detail, entry }) => `"${entry}" ${detail}`)
  }),
  generations: variable("POSH_GENERATIONS", {
    fallback: "rfc-then-draft",
    values: "`rfc-then-draft`, `rfc-only`, `draft-only`",
    meaning: "Which generations of the protocol are resolved if the question does not say.",
    consequence: "`rfc-only` loses domains that publish only JWK Sets; `draft-only` loses all others.",
    parse: oneOf(["rfc-then-draft", "rfc-only", "draft-only"])
  }),
  draftRevalidate: variable("POSH_DRAFT_REVALIDATE", {
    fallback: "24h",
    values: "a duration from `1m` to `7d`",
    meaning: "Age at which JWK Sets are revalidated.",
    consequence: "Longer: less traffic, but a withdrawn certificate stays acceptable longer.",
    parse: duration("1m", "7d")
  }),
  draftGrace: variable("POSH_DRAFT_GRACE", {
    fallback: "7d",
    values: "a duration from `0` to `36500d`, or `certificate`",
    meaning: "How long a stale JWK Set is served if it cannot be revalidated.",
    consequence:
      "`certificate`: until the certificate expires. Longer: outages have less effect, but withdrawals take effect later.",
    parse: orWord("certificate", Number.POSITIVE_INFINITY, duration("0", "36500d"))
  }),
  maxLifetime: variable("POSH_MAX_LIFETIME", {
    fallback: "7d",
    values: "a duration from `0` to `7d`",
    meaning: "Cap on the lifetime of RFC 7711 material; a larger `expires` is clamped to it.",
    consequence:
      "Shorter: changes take effect sooner, but domains get more requests. `0`: RFC 7711 material is not cached.",
    parse: duration("0", "7d")
  }),
  leafProfile: variable("POSH_LEAF_PROFILE", {
    fallback: "report",
    values: "`report`, `enforce`",
    meaning: "Whether a certificate that is not a proper server certificate (key usage, key size, CA) is rejected.",
    consequence: "`enforce` rejects certificates that their domain vouches for; `report` adds a lint.",
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
    consequence: "`true` makes the chain check useless against an attacker who can make SHA-1 collide.",
    parse: boolean
  }),
  clockSkew: variable("POSH_CLOCK_SKEW", {
    fallback: "0s",
    values: "a duration from `0` to `300s`",
    meaning: "Clock skew that is tolerated when certificates are checked.",
    consequence: "Certificates are accepted for this time before and after their validity period.",
    parse: duration("0", "300s")
  }),
  strictMediaTypes: variable("POSH_STRICT_MEDIA_TYPES", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Require JSON media types by name.",
    consequence: "`true` loses domains that serve their document as text; `false` adds a lint.",
    parse: boolean
  }),
  acceptInterim: variable("POSH_ACCEPT_INTERIM", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Accept the formats of the interim drafts, at the path of the first draft.",
    consequence: "`true` supports a few more domains.",
    parse: boolean
  }),
  trustDraftExamples: variable("POSH_TRUST_DRAFT_EXAMPLES", {
    fallback: "false",
    values: "`true`, `false`",
    meaning: "Accept the example certificates of the drafts.",
    consequence: "Their private keys are public: use `true` only for tests.",
    parse: boolean
  })
} as const
