/**
 * From what is known to the verdict. Pure; nothing here asks anybody.
 */
import type { Association } from "../association/Association.ts"
import type { ResolveError } from "../association/ResolveError.ts"
import type { Resolution, Usable } from "../cache/Resolution.ts"
import { type Lint, lint } from "../Lint.ts"
import type { LeafJudgement } from "../presented/Leaf.ts"
import { compareNames, type NameMatches } from "../presented/NameCheck.ts"
import type { Presented } from "../presented/Presented.ts"
import type { ChainScreen } from "../proof/posh/ChainScreen.ts"
import type { Match } from "../proof/posh/Matcher.ts"
import { lintMistakenHashes } from "../proof/posh/mistakenHash.ts"
import type { Inquiry } from "../question/Inquiry.ts"
import type { QuestionOptions } from "../question/QuestionOptions.ts"
import { reportAttempt } from "./report.ts"
import { type Evidence, type Origin, refuted, type Subject, type Verdict, verified } from "./Verdict.ts"

/** A prepared question at an instant: what does not depend on what the domain asserts. */
export interface Assessment {
  readonly inquiry: Inquiry
  /** The time by which everything is judged (POSH-MAT-02), in the end that of the decision; milliseconds since the epoch. */
  readonly now: number
  /** By then. */
  readonly leaf: LeafJudgement
}

/** The verdict on a match or the lack of one; names come last (POSH-MAT-64). */
export const decide = (
  assessment: Assessment,
  resolution: Resolution,
  known: Usable,
  found: Match,
  chains: ChainScreen,
  clockSkewMs: number
): Verdict => {
  const { association } = known
  const origin = originOf(resolution, association)
  const { generation } = association
  const subject = subjectOf(assessment)
  const evidence = () => evidenceOf(assessment, resolution, association, found, chains)
  if (found._tag === "Unmatched") return refuted(subject, found.code, evidence, { generation, ...origin })
  if (!namesSuffice(assessment.inquiry, association)) {
    return refuted(subject, "NameCheckFailed", evidence, { generation, ...origin })
  }
  return verified(subject, known, found.candidate, origin, evidence, clockSkewMs)
}

/** The verdict about a certificate that is refused whatever the domain publishes; nothing is looked up for it. */
export const refusedLeaf = (assessment: Assessment, fault: NonNullable<LeafJudgement["fault"]>): Verdict => {
  const { code, ...more } = fault
  return refuted(subjectOf(assessment), code, () => ({ attempts: [], lints: assessment.leaf.lints }), more)
}

const subjectOf = ({ inquiry: { presented, target }, now }: Assessment): Subject => ({
  domain: target.domain,
  service: target.service.key,
  presented,
  decidedAt: now
})

/** The verdict where there is nothing to match with. */
export const unresolved = (
  assessment: Assessment,
  resolution: Resolution,
  failure: ResolveError
): Verdict => {
  const { asked, deciding: { key: { generation }, retryAt } } = resolution
  const { code, detail, lints = [] } = failure
  // Nothing is remembered of a limit of ours, which says itself when to come back.
  const retryAfterMs = retryAt === undefined ? failure.retryAfterMs : Math.max(0, retryAt - assessment.now)
  return refuted(
    subjectOf(assessment),
    code,
    () => ({ attempts: asked.map(reportAttempt), lints: [...assessment.leaf.lints, ...lints] }),
    {
      ...originOf(resolution, failure),
      ...(detail === undefined ? {} : { detail }),
      ...(code === "NotPublished" ? {} : { generation }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs })
    }
  )
}

/** Where the answer comes from. */
const originOf = ({ asked, deciding: { cache } }: Resolution, basis: Association | ResolveError): Origin => {
  let waitedMs = 0
  for (const one of asked) waitedMs += one.waitedMs ?? 0
  return { cache, basis, waitedMs }
}

const namesOf = ({ options, presented, target }: Inquiry, { delegatedDomain }: Association): NameMatches | undefined =>
  presented.names === undefined ? undefined : compareNames({
    names: presented.names,
    source: target.domain,
    delegated: delegatedDomain,
    service: target.service,
    ...(options.derivedDomain === undefined ? {} : { derived: options.derivedDomain })
  })

// POSH-MAT-50: advice by default. POSH-MAT-51, and a derived domain that DNS secured counts as well (POSH-PRF-07).
const namesSuffice = (inquiry: Inquiry, association: Association): boolean => {
  const { nameCheck } = inquiry.options
  if (nameCheck === "advisory") return true
  const names = namesOf(inquiry, association)
  if (names === undefined) return false
  return names.source || (nameCheck === "source-or-delegated" && (names.delegated || names.derived === true))
}

const evidenceOf = (
  { inquiry, leaf }: Assessment,
  { asked }: Resolution,
  association: Association,
  found: Match,
  chains: ChainScreen
): Evidence => {
  const names = namesOf(inquiry, association)
  const evidence: Evidence = {
    attempts: asked.map(reportAttempt),
    delegation: association.delegation,
    delegatedDomain: association.delegatedDomain,
    material: association.material,
    lifetime: association.lifetime,
    ...(names === undefined ? {} : { names }),
    lints: [...leaf.lints, ...lintNames(inquiry.presented), ...association.lints]
  }
  if (found._tag === "Unmatched") {
    return { ...evidence, lints: [...evidence.lints, ...explainMismatch(inquiry, association)] }
  }
  const matched = { ...evidence, matched: found.candidate, lints: [...evidence.lints, ...found.lints] }
  return withChain(matched, found.candidate.index, association, inquiry.options, chains)
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

/** Adds, where asked for, what the chain of the matched entry looks like. */
const withChain = (
  evidence: Evidence,
  index: number,
  { material }: Association,
  { chainCheck }: QuestionOptions,
  chains: ChainScreen
): Evidence => {
  if (chainCheck === "off" || material._tag === "Fingerprints") return evidence // no chain in fingerprints
  const entry = material.entries.find((candidate) => candidate.index === index)
  const fault = entry === undefined ? undefined : chains.faultOf(entry)
  if (fault === undefined) return { ...evidence, chain: "valid" }
  const found = lint("ChainInvalid", "warning", `keys[${index}]`, fault)
  return { ...evidence, chain: "invalid", lints: [...evidence.lints, found] }
}
