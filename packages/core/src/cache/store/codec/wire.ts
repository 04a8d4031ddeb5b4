/**
 * The schema of stored entries. Instants are milliseconds since the epoch, octets are strict base64. All lengths are
 * bounded, because a store is untrusted input (POSH-CAC-05).
 */
import { Schema } from "effect"
import type { Delegation } from "../../../association/Association.ts"
import type { DocumentKind } from "../../../association/Hop.ts"
import type { Lifetime } from "../../../association/Lifetime.ts"
import { hashLengths } from "../../../association/Material.ts"
import { type FailureCode, failures, isUnanswered, type VerdictCode } from "../../../codes.ts"
import { isUriText } from "../../../fetch/uri.ts"
import { attemptLimits, documentLimits } from "../../../Limits.ts"
import { type LintCode, lintSummaries, type Severity } from "../../../Lint.ts"
import type { Generation } from "../../../question/Generation.ts"
import { between, Instant, list, octets, text } from "./values.ts"

/** Bounds of evidence: longer text is truncated, and further findings are dropped, before an entry is stored. */
export const evidenceLimits = { characters: 4_096, lints: 256 } as const

const Message = text(evidenceLimits.characters)
const Url = text(attemptLimits.urlOctets).check(
  Schema.makeFilter((url: string) => url.startsWith("https://") && isUriText(url) && URL.canParse(url))
)

const hash = (length: number) => Schema.optionalKey(octets(length, length))

/** A position in a document; elements are in the order of their positions. */
const Index = between(0, documentLimits.descriptors - 1)
const inOrder = Schema.makeFilter((elements: ReadonlyArray<{ readonly index: number }>) =>
  elements.every(({ index }, place) => place === 0 || index > (elements[place - 1]?.index ?? index))
)

const Fingerprints = Schema.Struct({
  _tag: Schema.Literal("Fingerprints"),
  descriptors: list(
    Schema.Struct({
      index: Index,
      hashes: Schema.Struct({
        "sha-512": hash(hashLengths["sha-512"]),
        "sha-384": hash(hashLengths["sha-384"]),
        "sha-256": hash(hashLengths["sha-256"])
      }).check(Schema.isMinProperties(1))
    }),
    1,
    documentLimits.descriptors
  ).check(inOrder)
})

/** The bound of `document/issuers.ts`. Issuers may be malformed (POSH-FMT-29). */
const isKept = Schema.makeFilter(([, ...issuers]: ReadonlyArray<Uint8Array>) =>
  issuers.reduce((sum, issuer) => sum + issuer.length, 0) <= documentLimits.issuersOctets
)

/** Dates and hashes are not stored: they are derived from the leaf. */
const JwkSet = Schema.Struct({
  _tag: Schema.Literal("JwkSet"),
  entries: list(
    Schema.Struct({
      index: Index,
      kid: Schema.optionalKey(Message),
      chain: list(octets(0, documentLimits.certificateOctets), 1, documentLimits.x5c).check(isKept)
    }),
    1,
    documentLimits.keys
  ).check(inOrder)
})

const lintCodes = Object.keys(lintSummaries) as ReadonlyArray<LintCode>
const severities = ["error", "warning", "info"] as const satisfies ReadonlyArray<Severity>

const Lints = list(
  Schema.Struct({
    code: Schema.Literals(lintCodes),
    severity: Schema.Literals(severities),
    message: Message,
    path: Schema.optionalKey(Message)
  }),
  0,
  evidenceLimits.lints
)

const documentKinds = ["jwk-set", "fingerprints", "reference"] as const satisfies ReadonlyArray<DocumentKind>

const Hops = list(
  Schema.Struct({
    url: Url,
    status: Schema.optionalKey(between(100, 999)),
    address: Schema.optionalKey(text(64)),
    tlsLeafSha256: Schema.optionalKey(text(64)),
    startedAt: Instant,
    endedAt: Instant,
    document: Schema.optionalKey(Schema.Literals(documentKinds)),
    documentSha256: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/)))
  }),
  0,
  attemptLimits.requests
)

const LifetimeMembers = Schema.Struct({
  fetchedAt: Instant,
  revalidateAt: Instant,
  graceUntil: Instant,
  expiresAt: Instant
})
  .check(
    Schema.makeFilter(({ expiresAt, fetchedAt, graceUntil, revalidateAt }: Lifetime) =>
      fetchedAt <= revalidateAt && revalidateAt <= graceUntil && graceUntil <= expiresAt
    )
  )

const generations = ["rfc7711", "draft"] as const satisfies ReadonlyArray<Generation>
const delegations = ["possession", "redirect", "reference", "redirect+reference"] as const satisfies ReadonlyArray<
  Delegation
>

/** The key of an entry; it is valid under this key only. */
const keyMembers = { domain: text(253), service: text(64), generation: Schema.Literals(generations) } as const

export const StoredAssociation = Schema.Struct({
  ...keyMembers,
  material: Schema.Union([Fingerprints, JwkSet]),
  lints: Lints,
  hops: Hops,
  delegation: Schema.Literals(delegations),
  delegatedDomain: text(253),
  lifetime: LifetimeMembers
})
export type StoredAssociation = typeof StoredAssociation.Type

const isRemembered = (code: FailureCode): code is VerdictCode => failures[code].negativeTtl !== "never"
const rememberedCodes = (Object.keys(failures) as ReadonlyArray<FailureCode>).filter(isRemembered)

/** POSH-CAC-31: the maximum negative TTL, in milliseconds. */
const longestNegative = 3_600_000

export const StoredNegative = Schema.Struct({
  ...keyMembers,
  error: Schema.Struct({
    code: Schema.Literals(rememberedCodes),
    detail: Schema.optionalKey(Message),
    hopIndex: Schema.optionalKey(between(0, attemptLimits.requests - 1)),
    url: Schema.optionalKey(Url),
    retryAfterMs: Schema.optionalKey(between(0, Number.MAX_SAFE_INTEGER)),
    hops: Hops,
    lints: Schema.optionalKey(Lints)
  }),
  learnedAt: Instant,
  until: Instant,
  failures: between(1, Number.MAX_SAFE_INTEGER),
  nothingPublished: Schema.Boolean
}).check(
  Schema.makeFilter(({ error: { code }, learnedAt, nothingPublished, until }) =>
    until >= learnedAt && until - learnedAt <= longestNegative &&
    // It allows draft material during an outage (POSH-NEG-06), so it is refused with codes that contradict it.
    (!nothingPublished || code === "NotPublished" || isUnanswered(code))
  )
)
export type StoredNegative = typeof StoredNegative.Type
