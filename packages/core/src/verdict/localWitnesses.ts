/**
 * What can be said of a certificate without asking its domain, and the verdict where that decides.
 */
import type { Policy } from "../Policy.ts"
import { makePkixCheck, type PkixQuestion, strictPkixPolicy } from "../proof/pkix/PkixCheck.ts"
import type { Inquiry } from "../question/Inquiry.ts"
import { defaultProoftypes } from "../question/Prooftype.ts"
import type { StageTracer } from "../question/StageTracer.ts"
import { type Assessment, decideRefusedLeaf } from "./decide.ts"
import { decidePkix } from "./decidePkix.ts"
import { decideTogether, type Witness } from "./together.ts"
import type { Verdict } from "./Verdict.ts"

/** Whether memory alone is asked, or work of milliseconds of CPU time is done as well. */
export type Reach = "memory" | "work"

/** Witnesses that need no network; in their place the verdict, if nobody else has to be heard. */
export type Local =
  | { readonly verdict: Verdict; readonly witnesses?: undefined }
  | { readonly verdict?: undefined; readonly witnesses: ReadonlyArray<Witness> }

export interface LocalWitnesses {
  /** `undefined`: memory does not know, and more than memory was not to be asked. */
  readonly hear: (assessment: Assessment, stage: StageTracer, reach: Reach) => Local | undefined
  /** The verdict of these and of POSH. */
  readonly together: (local: Local | undefined, posh: Verdict) => Verdict
}

export const makeLocalWitnesses = (policy: Policy): LocalWitnesses => {
  const pkix = makePkixCheck()
  const settle = (...witnesses: ReadonlyArray<Witness>): Local => ({ verdict: decideTogether(witnesses, policy) })

  const hear: LocalWitnesses["hear"] = (assessment, stage, reach) => {
    const { inquiry, leaf, now } = assessment
    const { prooftypes } = inquiry.options
    // Refused whatever vouches for it; no domain is asked (POSH-MAT-64).
    if (leaf !== undefined) return settle(...prooftypes.map((each) => decideRefusedLeaf(assessment, leaf, each)))
    if (prooftypes === defaultProoftypes || !prooftypes.includes("pkix")) return nobody
    const question = toPkixQuestion(inquiry, now, policy)
    if (question === undefined) return { witnesses: [pkixNotApplicable] }
    const result = reach === "memory" ? pkix.recall(question) : stage.run("Pkix", () => pkix.check(question))
    if (result === undefined) return undefined
    const verdict = decidePkix(assessment, result, policy.maxLifetimeMs)
    if (!prooftypes.includes("posh")) return settle(verdict)
    // POSH-PRF-43: the domain is spared where its answer could change nothing.
    return verdict.valid && !policy.poshAuthoritative ? settle(verdict, poshNotNeeded) : { witnesses: [verdict] }
  }

  return {
    hear,
    together: (local = nobody, posh) =>
      local === nobody ? posh : decideTogether([...local.witnesses ?? [], posh], policy)
  }
}

/** `undefined` for a question by fingerprint: a hash has no path and no names. */
const toPkixQuestion = (
  { options, presented, target }: Inquiry,
  now: number,
  { anchors }: Policy
): PkixQuestion | undefined =>
  presented.certificate === undefined || presented.names === undefined || anchors === undefined ? undefined : {
    leaf: presented.certificate,
    names: presented.names,
    intermediates: presented.issuers,
    anchors,
    now,
    service: target.service,
    source: target.domain,
    derived: options.derivedDomain,
    policy: strictPkixPolicy
  }

const nobody: Local = { witnesses: [] }
const pkixNotApplicable: Witness = { prooftype: "pkix", silent: "NotApplicable" }
const poshNotNeeded: Witness = { prooftype: "posh", silent: "NotNeeded" }
