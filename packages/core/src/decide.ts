/**
 * From what is known to the verdict. Pure; nothing here asks anybody.
 */
import { Result } from "effect"
import type { Association } from "./Association.ts"
import { type ChainScreen, screenChains } from "./ChainScreen.ts"
import type { ResolveError } from "./errors.ts"
import type { LeafJudgement } from "./Leaf.ts"
import { type Lint, lint } from "./Lint.ts"
import { match } from "./Matcher.ts"
import { compareNames, type NameMatches } from "./NameCheck.ts"
import type { Policy } from "./Policy.ts"
import type { Resolution, Target } from "./Resolver.ts"
import type { Terms } from "./Terms.ts"
import {
  type Evidence,
  type MatchedCandidate,
  type PresentedCertificate,
  refuted,
  type Subject,
  type Verdict,
  verified
} from "./Verdict.ts"

/** A question after parsing. */
export interface Inquiry {
  readonly target: Target
  readonly presented: PresentedCertificate
  readonly terms: Terms
  readonly leaf: LeafJudgement
  /** Evaluation time, milliseconds since the epoch. */
  readonly now: number
}

/** Chain, match, names, verdict: in this order (POSH-MAT-64). */
export const decide = (inquiry: Inquiry, resolution: Resolution, policy: Policy): Verdict => {
  const subject = subjectOf(inquiry)
  const { attempts, cache, outcome } = resolution
  if (Result.isFailure(outcome)) return unresolved(inquiry, resolution, outcome.failure)

  const known = outcome.success
  const { association } = known
  const { material } = association
  const { now, presented, terms } = inquiry
  const chains = screenChains(terms.chainCheck, { now, allowSha1: policy.chainSha1 })
  const found = match(material, presented, { now, hashes: policy.hashes, mode: policy.match, admits: chains.admits })
  const names = namesOf(inquiry, association)
  const evidence: Evidence = {
    attempts,
    delegation: association.delegation,
    delegatedDomain: association.delegatedDomain,
    material,
    lifetime: association.lifetime,
    ...(names === undefined ? {} : { names }),
    lints: [...inquiry.leaf.lints, ...association.lints]
  }
  const { generation } = association
  if (found._tag === "Unmatched") return refuted(subject, found.code, evidence, { generation, cache })

  const matched = withChain(evidence, found.candidate, found.lints, association, inquiry, chains)
  // POSH-MAT-50: advice by default.
  if (names !== undefined && !namesSuffice(names, terms)) {
    return refuted(subject, "NameCheckFailed", matched, { generation, cache })
  }
  return verified(subject, known, found.candidate, cache, matched)
}

/** The verdict about a certificate that is refused whatever the domain publishes; nothing is looked up for it. */
export const decideWithoutLookup = (inquiry: Inquiry, fault: NonNullable<LeafJudgement["fault"]>): Verdict => {
  const { code, ...more } = fault
  return refuted(subjectOf(inquiry), code, { attempts: [], lints: inquiry.leaf.lints }, more)
}

const subjectOf = ({ now, presented, target }: Inquiry): Subject => ({
  domain: target.domain,
  service: target.service.key,
  presented,
  decidedAt: now
})

const unresolved = (
  inquiry: Inquiry,
  { attempts, cache, retryAt }: Resolution,
  { code, detail, lints = [] }: ResolveError
): Verdict => {
  const generation = code === "NotPublished" ? undefined : attempts.at(-1)?.generation
  return refuted(subjectOf(inquiry), code, { attempts, lints: [...inquiry.leaf.lints, ...lints] }, {
    cache,
    ...(detail === undefined ? {} : { detail }),
    ...(generation === undefined ? {} : { generation }),
    ...(retryAt === undefined ? {} : { retryAfterMs: Math.max(0, retryAt - inquiry.now) })
  })
}

const namesOf = ({ presented, target, terms }: Inquiry, { delegatedDomain }: Association): NameMatches | undefined =>
  presented.certificate === undefined ? undefined : compareNames({
    names: presented.certificate.names,
    source: target.domain,
    delegated: delegatedDomain,
    service: target.service,
    ...(terms.derivedDomain === undefined ? {} : { derived: terms.derivedDomain })
  })

// POSH-MAT-51; a derived domain that DNS secured counts as a reference identifier as well (POSH-PRF-07).
const namesSuffice = ({ delegated, derived, source }: NameMatches, { nameCheck }: Terms): boolean => {
  if (nameCheck === "advisory") return true
  return source || (nameCheck === "source-or-delegated" && (delegated || derived === true))
}

/** Adds the match and, where asked for, what the chain of the matched entry looks like. */
const withChain = (
  evidence: Evidence,
  matched: MatchedCandidate,
  lints: ReadonlyArray<Lint>,
  { material }: Association,
  { terms }: Inquiry,
  chains: ChainScreen
): Evidence => {
  const found = { ...evidence, matched, lints: [...evidence.lints, ...lints] }
  if (terms.chainCheck === "off" || material._tag === "Fingerprints") return found // no chain in fingerprints
  const entry = material.entries.find(({ index }) => index === matched.index)
  const fault = entry === undefined ? undefined : chains.faultOf(entry)
  return fault === undefined
    ? { ...found, chain: "valid" }
    : {
      ...found,
      chain: "invalid",
      lints: [...found.lints, lint("ChainInvalid", "warning", `keys[${matched.index}]`, fault)]
    }
}
