/**
 * The settings of a deployment, with unit, default and consequence. Questions can only choose within them.
 */
import type { LifetimePolicy } from "./association/Lifetime.ts"
import { type HashName, hashNames } from "./association/Material.ts"
import type { DelegationPolicy } from "./fetch/Delegation.ts"
import { type AttemptLimits, attemptLimits, type BudgetLimits, budgetLimits } from "./Limits.ts"
import type { DomainPolicy } from "./question/Domain.ts"
import type { Generations } from "./question/Generation.ts"
import { defaultProoftypes, type Prooftype } from "./question/Prooftype.ts"
import { registeredServices, type ServiceRegistry } from "./question/Service.ts"
import type { TrustAnchors } from "./x509/path/TrustAnchors.ts"

export interface Policy extends DomainPolicy, LifetimePolicy {
  readonly services: ServiceRegistry
  /** Default of a question's `prooftypes`, in the order pkix, dane, posh. Default posh alone. */
  readonly prooftypes: ReadonlyArray<Prooftype>
  /** A POSH `mismatch` or `unusable-material` outweighs a proof by another type (POSH-PRF-41). Default false. */
  readonly poshAuthoritative: boolean
  /** The usages of TLSA records that count. Default none: a question for dane is refused, as it is without a resolver. */
  readonly daneUsages?: ReadonlySet<0 | 1 | 2 | 3>
  /** The roots of PKIX. Default none: a question for pkix is refused. */
  readonly anchors?: TrustAnchors
  /**
   * Fetch certificates that a chain lacks on the way to a root of PKIX, from where its certificates say that they are. Default
   * false. Whoever makes a certificate can then cause requests over plain HTTP, within limits; needs a `CertificateFetcher`.
   */
  readonly fetchIntermediates: boolean
  /** Default of a question's `generations` (POSH-NEG-01). */
  readonly generations: Generations
  readonly delegation: DelegationPolicy
  /** Require a JSON media type (POSH-RES-46). Default false: JSON served as text is accepted with a lint. */
  readonly strictMediaTypes: boolean
  /** Read the interim formats at the draft path (POSH-NEG-08). Default false. */
  readonly acceptInterim: boolean
  /** Accept the drafts' example certificates, whose private keys are public (POSH-SEC-06). Default false. For tests only. */
  readonly trustDraftExamples: boolean
  /** Report violations of the leaf profile as lints, or refuse the certificate (POSH-MAT-04). Default report. */
  readonly leafProfile: "report" | "enforce"
  /** What the draft generation compares: the certificate or its public key (POSH-MAT-10, POSH-MAT-11). Default certificate. */
  readonly match: "certificate" | "spki"
  /** Accept SHA-1 signatures in the optional chain check (A.4 V2). Default false. */
  readonly chainSha1: boolean
  /** Milliseconds by which clocks may differ, at most 300,000 (POSH-MAT-02). Default 0. */
  readonly clockSkewMs: number
  /** Hash functions that are accepted as evidence, strongest first (POSH-SEC-20). */
  readonly hashes: ReadonlyArray<HashName>
  readonly attempt: AttemptLimits
  readonly budgets: BudgetLimits
  /** Bounds of the memory cache (POSH-CAC-05). */
  readonly cacheEntries: number
  readonly cacheOctets: number
}

const day = 24 * 60 * 60 * 1_000

export const defaultPolicy: Policy = {
  services: registeredServices,
  prooftypes: defaultProoftypes,
  poshAuthoritative: false,
  fetchIntermediates: false,
  allowSpecialUse: false,
  generations: "rfc-then-draft",
  delegation: { mode: "any", hosts: [], ports: [443] },
  maxLifetimeMs: 7 * day,
  draftRevalidateMs: day,
  draftGraceMs: 7 * day,
  strictMediaTypes: false,
  acceptInterim: false,
  trustDraftExamples: false,
  leafProfile: "report",
  match: "certificate",
  chainSha1: false,
  clockSkewMs: 0,
  hashes: hashNames,
  attempt: attemptLimits,
  budgets: budgetLimits,
  cacheEntries: 100_000,
  cacheOctets: 1024 * 1024 * 1024
}
