/**
 * A verdict, and whether the domain has to be asked once more before it stands.
 */
import { Result } from "effect"
import type { Resolution } from "../cache/Resolution.ts"
import type { ServiceLookup } from "../proof/dane/DaneLookup.ts"
import type { MemoryResolution, ResolveOptions } from "../proof/posh/Resolver.ts"
import type { Verdict } from "./Verdict.ts"

export interface Conclusion {
  readonly verdict: Verdict
  /** The domain has to be asked once more, with these options. Absent if the verdict is final. */
  readonly retry?: RetryOptions | undefined
  /** What DNS said, if DANE was asked: it holds for the retry. */
  readonly lookup?: ServiceLookup | undefined
  /** What it rests on, if that came from memory alone: reported to the observer if the verdict is used. */
  readonly memory?: MemoryResolution
}

export type RetryOptions = Pick<ResolveOptions, "force">

/** The options to ask the domain once more, if the verdict rests on material that is older than the question. */
export const toRetryOptions = (
  { code, verdict }: Verdict,
  { deciding: { outcome } }: Resolution
): RetryOptions | undefined => {
  if (Result.isFailure(outcome) || outcome.success.fetchedForQuestion) return undefined
  // POSH-MAT-43: the cached material may be older than the certificate, whichever code the mismatch has.
  if (verdict === "mismatch") return { force: "mismatch" }
  // The material expired between the look-up and the decision.
  return code === "AllMaterialExpired" ? {} : undefined
}
