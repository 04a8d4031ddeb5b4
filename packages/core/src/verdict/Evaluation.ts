/**
 * Evaluates a question at an instant: what can be said without documents of the domain, and then what they say. Asks nobody; all
 * that was found out is an argument.
 */
import { Result } from "effect"
import type { Resolution } from "../cache/Resolution.ts"
import type { Policy } from "../Policy.ts"
import { checkLeaf } from "../presented/LeafCheck.ts"
import type { ServiceLookup } from "../proof/dane/DaneLookup.ts"
import { makeChainCheck } from "../proof/posh/ChainCheck.ts"
import { match } from "../proof/posh/Matcher.ts"
import type { Inquiry } from "../question/Inquiry.ts"
import { type StageTracer, untraced } from "../question/StageTracer.ts"
import { type Conclusion, toRetryOptions } from "./Conclusion.ts"
import { type Assessment, decide, decideUnresolved } from "./decide.ts"
import { type KnownIssuers, type Local, type LocalWitnesses, makeLocalWitnesses } from "./localWitnesses.ts"
import type { Verdict } from "./Verdict.ts"

export interface Evaluation extends Pick<LocalWitnesses, "hear" | "incompletePath"> {
  /** `now`: the time of the decision, milliseconds since the epoch. `lookup`: as far as it is known. */
  readonly assess: (
    inquiry: Inquiry,
    now: number,
    lookup: ServiceLookup | undefined,
    stage: StageTracer
  ) => Assessment
  /** Whether documents of the domain could change the verdict if DANE said nothing. Takes work of milliseconds. */
  readonly needsDocuments: (assessment: Assessment) => boolean
  /** Concludes with what the domain publishes. */
  readonly conclude: (assessment: Assessment, local: Local, resolution: Resolution, stage: StageTracer) => Conclusion
}

export const makeEvaluation = (policy: Policy, completion: KnownIssuers): Evaluation => {
  const { hear, incompletePath, together } = makeLocalWitnesses(policy, completion)

  const decideOn = (assessment: Assessment, resolution: Resolution, stage: StageTracer): Verdict => {
    const { inquiry: { options, presented }, now } = assessment
    const { outcome } = resolution.deciding
    if (Result.isFailure(outcome)) return decideUnresolved(assessment, resolution, outcome.failure)
    const { material } = outcome.success.association
    const chains = stage.run("Chain", () => makeChainCheck(options.chainCheck, { now, allowSha1: policy.chainSha1 }))
    const found = stage.run(
      "Matcher",
      () => match(material, presented, { now, hashes: policy.hashes, mode: policy.match, admits: chains.admits })
    )
    return stage.run(
      "Verdict",
      () => decide(assessment, resolution, outcome.success, found, chains, policy.clockSkewMs)
    )
  }

  return {
    hear,
    incompletePath,
    needsDocuments: (assessment) =>
      hear({ ...assessment, lookup: nothingFound }, untraced, "work")?.witnesses !== undefined,
    assess: (inquiry, now, lookup, stage) => ({
      inquiry,
      now,
      lookup,
      leaf: stage.run("Leaf", () => checkLeaf(inquiry.presented, policy, now))
    }),
    conclude: (assessment, local, resolution, stage) => {
      const posh = decideOn(assessment, resolution, stage)
      return {
        verdict: together(local, posh),
        retry: toRetryOptions(posh, resolution),
        lookup: assessment.lookup
      }
    }
  }
}

const nothingFound: ServiceLookup = { resolvedAt: 0, ttl: 0, kind: "not-applicable", reason: "SrvAbsent" }
