/**
 * What can be said of a certificate without asking its domain for documents, and the verdict where that decides.
 */
import type { Policy } from "../Policy.ts"
import { canonicalNames } from "../presented/NameCheck.ts"
import type { ServiceLookup } from "../proof/dane/DaneLookup.ts"
import type { IncompletePath, PathCompletion } from "../proof/pkix/completePath.ts"
import { strictPkixPolicy } from "../proof/pkix/leafFault.ts"
import type { PkixQuestion, PkixResult } from "../proof/pkix/PkixCheck.ts"
import { defaultProoftypes } from "../question/Prooftype.ts"
import type { StageTracer } from "../question/StageTracer.ts"
import { type Assessment, decideRefusedLeaf, decideSilence } from "./decide.ts"
import { decidePkix } from "./decidePkix.ts"
import { derivedOf, recordsOf } from "./derived.ts"
import { hearDane } from "./hearDane.ts"
import { decideTogether, isVerdict, type Witness } from "./together.ts"
import type { Verdict } from "./Verdict.ts"

/** Whether memory alone is asked, or work of milliseconds of CPU time is done as well. */
export type Reach = "memory" | "work"

/** Witnesses that need no document of the domain; in their place the verdict, if nobody else has to be heard. */
export type Local =
  | { readonly verdict: Verdict; readonly witnesses?: undefined }
  | { readonly verdict?: undefined; readonly witnesses: ReadonlyArray<Witness> }

export interface LocalWitnesses {
  /** `undefined`: DNS has to be asked first, or `reach` does not suffice. */
  readonly hear: (assessment: Assessment, stage: StageTracer, reach: Reach) => Local | undefined
  /**
   * A path that fetched certificates could complete; `undefined` where none is asked for. They are not needed where DANE decides
   * without a path to a public root.
   */
  readonly incompletePath: (assessment: Assessment) => IncompletePath | undefined
  /** The verdict of these and of POSH. */
  readonly together: (local: Local, posh: Verdict) => Verdict
}

/** Deciding asks nobody: it takes what is known of issuers, and says what is missing. */
export type KnownIssuers = Pick<PathCompletion, "completed" | "missing" | "presented">

export const makeLocalWitnesses = (
  policy: Policy,
  { completed, missing, presented }: KnownIssuers
): LocalWitnesses => {
  const askDane = (assessment: Assessment, lookup: ServiceLookup, check: () => PkixResult | undefined): Witness =>
    hearDane({
      assessment,
      lookup,
      usages: policy.daneUsages ?? new Set(),
      pkixPath: () => pathOf(check()),
      maxLifetimeMs: policy.maxLifetimeMs
    })

  const incompletePath: LocalWitnesses["incompletePath"] = (assessment) => {
    const { inquiry: { options: { prooftypes } }, leaf, lookup } = assessment
    const question = toPkixQuestion(assessment, policy)
    if (!policy.fetchIntermediates || question === undefined || leaf !== undefined) return undefined
    const asksPkix = prooftypes.includes("pkix")
    if (!asksPkix && !(lookup !== undefined && needsPublicRoot(lookup))) return undefined
    return {
      missing: () => missing(question),
      isNeeded: () => {
        if (lookup === undefined) return true
        const needed = { path: false }
        const dane = askDane(assessment, lookup, () => {
          needed.path = true
          return completed.check(question)
        })
        return isVerdict(dane) ? needed.path && !dane.valid : asksPkix
      }
    }
  }

  const hear: LocalWitnesses["hear"] = (assessment, stage, reach) => {
    const { inquiry: { options: { prooftypes } }, leaf, lookup } = assessment
    if (leaf === undefined && prooftypes === defaultProoftypes) return nobody
    const settle = (...witnesses: ReadonlyArray<Witness>): Local => ({
      verdict: decideTogether(witnesses, policy, () => decideSilence(assessment))
    })
    const asksDane = prooftypes.includes("dane")
    const refused = leaf === undefined ? undefined : prooftypes.map((each) => decideRefusedLeaf(assessment, leaf, each))
    // Neither DNS nor the domain is asked (POSH-MAT-64); except for dates alone, which do not count for a record of usage 3.
    if (refused !== undefined && (!asksDane || leaf?.isFinal === true)) return settle(...refused)
    if (reach === "memory" && lookup !== undefined && takesSignatures(lookup)) return undefined
    if (asksDane && lookup === undefined) return undefined

    const question = toPkixQuestion(assessment, policy)
    const check = (): PkixResult | undefined =>
      question === undefined ? undefined : stage.run("Pkix", () => completed.check(question))
    const dane = lookup === undefined ? undefined : stage.run("Dane", () => askDane(assessment, lookup, check))
    if (refused !== undefined) {
      return settle(...refused.map((verdict) => verdict.prooftype === "dane" && dane !== undefined ? dane : verdict))
    }

    const witnesses: Array<Witness> = []
    if (prooftypes.includes("pkix")) {
      // Where DANE decides, no issuer is fetched, and what is known of the presented chain is said.
      const recall = (asked: PkixQuestion) =>
        completed.recall(asked) ?? (dane !== undefined && isVerdict(dane) ? presented.recall(asked) : undefined)
      const known = question === undefined || reach === "work" ? undefined : recall(question)
      const result = reach === "work" ? check() : known
      if (question !== undefined && result === undefined) return undefined
      witnesses.push(result === undefined ? pkixNotApplicable : decidePkix(assessment, result, policy.maxLifetimeMs))
    }
    if (dane !== undefined) witnesses.push(dane)
    if (!prooftypes.includes("posh")) return settle(...witnesses)
    // POSH-PRF-43: the domain is spared where its answer could change nothing.
    const isVetoed = dane !== undefined && isVerdict(dane) && !dane.valid
    const isVerified = witnesses.some((witness) => isVerdict(witness) && witness.valid)
    return isVetoed || (isVerified && !policy.poshAuthoritative) ? settle(...witnesses, poshNotNeeded) : { witnesses }
  }

  return {
    hear,
    incompletePath,
    together: (local, posh) =>
      local === nobody ? posh : decideTogether([...local.witnesses ?? [], posh], policy, () => posh)
  }
}

/** Does a record need a path? Those of usage 3 are compared alone. */
const takesSignatures = (lookup: ServiceLookup): boolean =>
  recordsOf(lookup).some(({ records }) => records.some(({ usage }) => usage !== 3))

/** Does a record need a path to a public root (usages 0 and 1)? That of usage 2 ends at what is presented. */
const needsPublicRoot = (lookup: ServiceLookup): boolean =>
  recordsOf(lookup).some(({ records }) => records.some(({ usage }) => usage < 2))

const pathOf = (result: PkixResult | undefined): ReadonlyArray<Uint8Array> | undefined =>
  result?._tag === "Verified" ? result.path.certificates : undefined

/** `undefined` for a question by fingerprint: a hash has no path and no names. */
const toPkixQuestion = (assessment: Assessment, { anchors }: Policy): PkixQuestion | undefined => {
  const { inquiry: { presented, target }, now } = assessment
  const { certificate } = presented
  return certificate === undefined || anchors === undefined ? undefined : {
    leaf: certificate,
    names: () => presented.names ?? canonicalNames(certificate.names),
    intermediates: presented.issuers,
    anchors,
    now,
    service: target.service,
    source: target.domain,
    derived: derivedOf(assessment),
    policy: strictPkixPolicy
  }
}

const nobody: Local = { witnesses: [] }
const pkixNotApplicable: Witness = { prooftype: "pkix", silent: "NotApplicable" }
const poshNotNeeded: Witness = { prooftype: "posh", silent: "NotNeeded" }
