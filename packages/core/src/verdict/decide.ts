/**
 * Decides the verdict of a question. Pure: everything that it needs is an argument.
 */
import type { Association } from "../association/Association.ts"
import type { ResolveError } from "../association/ResolveError.ts"
import type { Resolution, Usable } from "../cache/Resolution.ts"
import { type Lint, lint } from "../Lint.ts"
import type { LeafFault } from "../presented/LeafCheck.ts"
import { compareNames, type NameMatches } from "../presented/NameCheck.ts"
import type { Presented } from "../presented/Presented.ts"
import type { ServiceLookup } from "../proof/dane/DaneLookup.ts"
import type { ChainCheck } from "../proof/posh/ChainCheck.ts"
import type { Match } from "../proof/posh/Matcher.ts"
import { lintMistakenHashes } from "../proof/posh/mistakenHash.ts"
import type { Inquiry } from "../question/Inquiry.ts"
import type { Prooftype } from "../question/Prooftype.ts"
import type { QuestionOptions } from "../question/QuestionOptions.ts"
import { derivedOf } from "./derived.ts"
import { reportAttempt } from "./report.ts"
import { type Evidence, makeNegative, makeVerified, type Provenance, type Subject, type Verdict } from "./Verdict.ts"

/** A prepared question at an instant, with everything that does not depend on the domain's material. */
export interface Assessment {
  readonly inquiry: Inquiry
  /** The time of the decision, for all dates (POSH-MAT-02); milliseconds since the epoch. */
  readonly now: number
  /** Why the leaf is refused at that time; `undefined` if it is not. */
  readonly leaf: LeafFault | undefined
  /** What DNS says, if DANE is asked; `undefined` before that is known. */
  readonly lookup: ServiceLookup | undefined
}

/** Decides on a match, or the lack of one. The name check comes last (POSH-MAT-64). */
export const decide = (
  assessment: Assessment,
  resolution: Resolution,
  usable: Usable,
  match: Match,
  chains: ChainCheck,
  clockSkewMs: number
): Verdict => {
  const { association } = usable
  const provenance = provenanceOf(resolution, association)
  const { generation } = association
  const subject = subjectOf(assessment)
  const evidence = () => evidenceOf(assessment, resolution, association, match, chains)
  if (match._tag === "Unmatched") return makeNegative(subject, match.code, evidence, { generation, ...provenance })
  if (!passesNameCheck(assessment, association)) {
    return makeNegative(subject, "NameCheckFailed", evidence, { generation, ...provenance })
  }
  return makeVerified(subject, usable, match.candidate, provenance, evidence, clockSkewMs)
}

/** Decides on a certificate that failed the leaf check; nothing was looked up. */
export const decideRefusedLeaf = (assessment: Assessment, fault: LeafFault, prooftype: Prooftype = "posh"): Verdict => {
  const { code, isFinal: _, ...more } = fault
  const { presented } = assessment.inquiry
  const evidence = () => ({ attempts: [], lints: presented.lints })
  return makeNegative(subjectOf(assessment), code, evidence, { ...more, prooftype })
}

/** Decides where no proof type that was asked for says anything: for this service, the domain publishes nothing of theirs. */
export const decideSilence = (assessment: Assessment): Verdict => {
  const { options: { prooftypes: [prooftype = "posh"] }, presented } = assessment.inquiry
  return makeNegative(subjectOf(assessment), "NotPublished", () => ({ attempts: [], lints: presented.lints }), {
    prooftype
  })
}

const subjectOf = ({ inquiry: { presented, target }, now }: Assessment): Subject => ({
  domain: target.domain,
  service: target.service.key,
  presented,
  decidedAt: now
})

/** Decides on a resolution without usable material. */
export const decideUnresolved = (
  assessment: Assessment,
  resolution: Resolution,
  failure: ResolveError
): Verdict => {
  const { asked, deciding: { key: { generation }, retryAt } } = resolution
  const { code, detail, lints = [] } = failure
  // Errors by our own limits are not cached, so they have no `retryAt`; the error itself says when to retry.
  const retryAfterMs = retryAt === undefined ? failure.retryAfterMs : Math.max(0, retryAt - assessment.now)
  return makeNegative(
    subjectOf(assessment),
    code,
    () => ({ attempts: asked.map(reportAttempt), lints: [...assessment.inquiry.presented.lints, ...lints] }),
    {
      ...provenanceOf(resolution, failure),
      ...(detail === undefined ? {} : { detail }),
      ...(code === "NotPublished" ? {} : { generation }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs })
    }
  )
}

const provenanceOf = ({ asked, deciding: { cache } }: Resolution, basis: Association | ResolveError): Provenance => {
  let waitedMs = 0
  for (const attempted of asked) waitedMs += attempted.waitedMs ?? 0
  return { cache, basis, waitedMs }
}

const namesOf = (assessment: Assessment, { delegatedDomain }: Association): NameMatches | undefined => {
  const { inquiry: { presented, target } } = assessment
  return presented.names === undefined ? undefined : compareNames({
    names: presented.names,
    source: target.domain,
    delegated: delegatedDomain,
    service: target.service,
    derived: derivedOf(assessment)
  })
}

// POSH-MAT-50: names are advice by default. POSH-MAT-51; a derived domain that DNSSEC secured counts too (POSH-PRF-07).
const passesNameCheck = (assessment: Assessment, association: Association): boolean => {
  const { nameCheck } = assessment.inquiry.options
  if (nameCheck === "advisory") return true
  const names = namesOf(assessment, association)
  if (names === undefined) return false
  return names.source || (nameCheck === "source-or-delegated" && (names.delegated || names.derived === true))
}

const evidenceOf = (
  assessment: Assessment,
  { asked }: Resolution,
  association: Association,
  match: Match,
  chains: ChainCheck
): Evidence => {
  const { inquiry } = assessment
  const names = namesOf(assessment, association)
  const evidence: Evidence = {
    attempts: asked.map(reportAttempt),
    delegation: association.delegation,
    delegatedDomain: association.delegatedDomain,
    material: association.material,
    lifetime: association.lifetime,
    ...(names === undefined ? {} : { names }),
    lints: [...inquiry.presented.lints, ...lintNames(inquiry.presented), ...association.lints]
  }
  if (match._tag === "Unmatched") {
    return { ...evidence, lints: [...evidence.lints, ...explainMismatch(inquiry, association)] }
  }
  const matched = { ...evidence, matched: match.candidate, lints: [...evidence.lints, ...match.lints] }
  return withChain(matched, match.candidate.index, association, inquiry.options, chains)
}

/** Of what the published hashes are, where that is known. Put together with the evidence alone, which few callers read. */
const explainMismatch = (
  { presented: { certificate } }: Inquiry,
  { material }: Association
): ReadonlyArray<Lint> =>
  material._tag === "Fingerprints" && certificate !== undefined
    ? lintMistakenHashes(material.descriptors, certificate)
    : []

const lintNames = ({ certificate }: Presented): ReadonlyArray<Lint> =>
  certificate === undefined || certificate.namesLeftOut === 0
    ? []
    : [lint("NamesLeftOut", "info", undefined, `there are ${certificate.namesLeftOut} more`)]

/** Adds the result of the chain check of the matched entry, if the question asks for it. */
const withChain = (
  evidence: Evidence,
  index: number,
  { material }: Association,
  { chainCheck }: QuestionOptions,
  chains: ChainCheck
): Evidence => {
  if (chainCheck === "off" || material._tag === "Fingerprints") return evidence // no chain in fingerprints
  const entry = material.entries.find((candidate) => candidate.index === index)
  const fault = entry === undefined ? undefined : chains.faultOf(entry)
  if (fault === undefined) return { ...evidence, chain: "valid" }
  const chainLint = lint("ChainInvalid", "warning", `keys[${index}]`, fault)
  return { ...evidence, chain: "invalid", lints: [...evidence.lints, chainLint] }
}
