/**
 * The answer with its evidence (requirements §3.6).
 */
import type { Association, Delegation } from "../association/Association.ts"
import type { Hop } from "../association/Hop.ts"
import type { Lifetime } from "../association/Lifetime.ts"
import type { Material } from "../association/Material.ts"
import type { ResolveError } from "../association/ResolveError.ts"
import type { CacheStatus, Usable } from "../cache/Resolution.ts"
import { failures, type VerdictCode, type VerdictKind } from "../codes.ts"
import type { Lint } from "../Lint.ts"
import type { NameMatches } from "../presented/NameCheck.ts"
import type { Presented } from "../presented/Presented.ts"
import type { IssuerFetch } from "../proof/pkix/PkixCheck.ts"
import type { MatchedCandidate } from "../proof/posh/Matcher.ts"
import type { SubResult, SubResultCode } from "../proof/SubResult.ts"
import type { Domain } from "../question/Domain.ts"
import { type Generation, generationRules } from "../question/Generation.ts"
import type { Prooftype } from "../question/Prooftype.ts"
import type { ServiceKey } from "../question/Service.ts"
import type { Certificate } from "../x509/Certificate.ts"

/** The attempt at one generation and its outcome (POSH-NEG-04). */
export interface AttemptReport {
  readonly generation: Generation
  readonly code: VerdictCode | "Resolved"
  readonly detail?: string
  readonly url?: string
  readonly hopIndex?: number
  readonly hops: ReadonlyArray<Hop>
  readonly cache: CacheStatus
  /** Revalidation was due, but the source did not answer (POSH-CAC-22). */
  readonly revalidation?: "overdue"
}

export interface Evidence {
  readonly attempts: ReadonlyArray<AttemptReport>
  readonly delegation?: Delegation
  readonly delegatedDomain?: Domain
  readonly material?: Material
  readonly lifetime?: Lifetime
  readonly matched?: MatchedCandidate
  readonly names?: NameMatches
  /** Why PKIX decided as it did; present if it was asked. */
  readonly pkix?: PkixEvidence
  /** What DANE found; present if it was asked. */
  readonly dane?: DaneEvidence
  /** Outcome of the optional chain check (POSH-MAT-20). */
  readonly chain?: "valid" | "invalid"
  readonly lints: ReadonlyArray<Lint>
}

/** The path of PKIX, or why there is none. */
export interface PkixEvidence {
  readonly code: SubResultCode
  readonly detail?: string
  /** Leaf first, root last. */
  readonly path?: ReadonlyArray<Certificate>
  /** URLs at which certificates say that a missing issuer is, and what came of them; absent if none was looked at. */
  readonly fetches?: ReadonlyArray<IssuerFetch>
}

/** What DNS says, or why DANE does not apply. */
export interface DaneEvidence {
  /** For a person. */
  readonly detail: string
  /** The record that matches: its numbers, and where it stands. */
  readonly record?: {
    readonly usage: number
    readonly selector: number
    readonly matching: number
    readonly name: string
  }
}

export interface Verdict {
  readonly verdict: VerdictKind
  /** True for `verified` alone (POSH-MAT-61). */
  readonly valid: boolean
  readonly code: VerdictCode | "Verified"
  /** One sentence for a person. */
  readonly message: string
  readonly domain: Domain
  readonly service: ServiceKey
  /** The proof type that decided. */
  readonly prooftype: Prooftype
  /** What each proof type says that was asked for, if there are several. */
  readonly proofs?: ReadonlyArray<SubResult>
  readonly generation?: Generation
  readonly presented: Presented
  /** The time of the decision; milliseconds since the epoch, as all instants here. */
  readonly decidedAt: number
  /** Until when the caller may rely on it (POSH-MAT-63); `verified` only. */
  readonly validUntil?: number
  readonly refreshAfter?: number
  readonly retryable: boolean
  readonly retryAfterMs?: number
  /** Absent if nothing was looked up. */
  readonly cache?: CacheStatus
  /** Milliseconds that the answer waited for origins; absent if nothing was looked up. */
  readonly waitedMs?: number
  /** What the verdict rests on: the same object as long as it is cached. Absent if nothing was looked up. */
  readonly basis?: Association | ResolveError
  /** Computed when read, because most callers never read it. */
  readonly evidence: Evidence
}

/** The members that every verdict about a question has. */
export interface Subject {
  readonly domain: Domain
  readonly service: ServiceKey
  readonly presented: Presented
  readonly decidedAt: number
}

/** Where the basis of a verdict came from, and how long that took. */
export interface Provenance {
  readonly cache: CacheStatus
  readonly basis: Association | ResolveError
  readonly waitedMs: number
}

/** Makes a verdict other than `verified`, by its code. */
export const makeNegative = (
  subject: Subject,
  code: VerdictCode,
  evidence: () => Evidence,
  more: {
    readonly generation?: Generation
    readonly cache?: CacheStatus
    readonly waitedMs?: number
    readonly basis?: Association | ResolveError
    readonly retryAfterMs?: number
    readonly detail?: string
    readonly prooftype?: Prooftype
  } = {}
): Verdict => {
  const { retryable, summary, verdict } = failures[code]
  const { detail, ...rest } = more
  return new LazyVerdict({
    prooftype: "posh",
    ...subject,
    ...rest,
    verdict,
    valid: false,
    code,
    message: detail === undefined ? summary : `${summary.slice(0, -1)}: ${detail}.`,
    retryable
  }, evidence)
}

/**
 * Makes the verdict on a match. The only constructor of a positive answer (POSH-MAT-61): it is negative if the
 * certificate or the material has expired by the time of the decision (POSH-CAC-33, POSH-MAT-02).
 */
export const makeVerified = (
  subject: Subject,
  usable: Usable,
  matched: MatchedCandidate,
  provenance: Provenance,
  evidence: () => Evidence,
  clockSkewMs: number
): Verdict => {
  const { askAgainAt, association, behindMs, overdue } = usable
  const { decidedAt, presented } = subject
  const leafEnd = presented.certificate?.notAfter ?? Number.POSITIVE_INFINITY
  const entryEnd = matched.notAfter ?? Number.POSITIVE_INFINITY
  const materialEnd = (overdue ? association.lifetime.graceUntil : association.lifetime.revalidateAt) - behindMs
  const { generation } = association
  if (decidedAt > leafEnd + clockSkewMs) {
    return makeNegative(subject, "PresentedCertificateExpired", evidence, { generation, ...provenance })
  }
  // POSH-CAC-12: material that was fetched for this question may answer it, however short its lifetime.
  if (decidedAt > entryEnd || (decidedAt >= materialEnd && !usable.fetchedForQuestion)) {
    return makeNegative(subject, "AllMaterialExpired", evidence, { generation, ...provenance })
  }
  const askAgain = askAgainAt - behindMs
  // POSH-MAT-63. Overdue draft material is valid until the next revalidation, within its grace (POSH-CAC-22).
  const validUntil = Math.min(overdue ? Math.min(askAgain, materialEnd) : materialEnd, entryEnd, leafEnd)
  return new LazyVerdict({
    domain: subject.domain, // no spread: it takes as long as matching (measured)
    service: subject.service,
    presented,
    decidedAt,
    verdict: "verified",
    valid: true,
    code: "Verified",
    message: `${subject.domain} vouches for this certificate (${
      generationRules[generation].label
    }, entry ${matched.index}, ${matched.algorithm}).`,
    prooftype: "posh",
    generation,
    validUntil,
    refreshAfter: Math.max(decidedAt, Math.min(askAgain, validUntil)),
    retryable: false,
    cache: provenance.cache,
    waitedMs: provenance.waitedMs,
    basis: provenance.basis
  }, evidence)
}

export type Members = Omit<Verdict, "evidence">

/** Makes a verdict of its members. */
export const makeVerdict = (members: Members, evidence: () => Evidence): Verdict => new LazyVerdict(members, evidence)

/** A class, because a getter in an object literal takes a microsecond for each object (measured). */
class LazyVerdict implements Verdict {
  readonly domain: Domain
  readonly service: ServiceKey
  readonly presented: Presented
  readonly decidedAt: number
  readonly verdict: VerdictKind
  readonly valid: boolean
  readonly code: VerdictCode | "Verified"
  readonly message: string
  readonly prooftype: Prooftype
  readonly retryable: boolean
  declare readonly proofs?: ReadonlyArray<SubResult>
  declare readonly generation?: Generation
  declare readonly validUntil?: number
  declare readonly refreshAfter?: number
  declare readonly retryAfterMs?: number
  declare readonly cache?: CacheStatus
  declare readonly waitedMs?: number
  declare readonly basis?: Association | ResolveError
  readonly #evidence: () => Evidence

  constructor(members: Members, evidence: () => Evidence) {
    this.domain = members.domain
    this.service = members.service
    this.presented = members.presented
    this.decidedAt = members.decidedAt
    this.verdict = members.verdict
    this.valid = members.valid
    this.code = members.code
    this.message = members.message
    this.prooftype = members.prooftype
    this.retryable = members.retryable
    if (members.proofs !== undefined) this.proofs = members.proofs
    if (members.generation !== undefined) this.generation = members.generation
    if (members.validUntil !== undefined) this.validUntil = members.validUntil
    if (members.refreshAfter !== undefined) this.refreshAfter = members.refreshAfter
    if (members.retryAfterMs !== undefined) this.retryAfterMs = members.retryAfterMs
    if (members.cache !== undefined) this.cache = members.cache
    if (members.waitedMs !== undefined) this.waitedMs = members.waitedMs
    if (members.basis !== undefined) this.basis = members.basis
    this.#evidence = evidence
  }

  get evidence(): Evidence {
    return this.#evidence()
  }
}
