/**
 * Is the presented certificate acceptable at all, whatever the domain publishes? (requirements §3.1)
 */
import type { VerdictCode } from "../codes.ts"
import type { Lint } from "../Lint.ts"
import type { Policy } from "../Policy.ts"
import type { Presented } from "../verdict/Verdict.ts"
import { isDenied } from "./DenyList.ts"
import { examineLeaf } from "./LeafProfile.ts"

export interface LeafJudgement {
  /** Why it is refused; absent where it is acceptable. */
  readonly fault?: { readonly code: VerdictCode; readonly detail?: string; readonly retryAfterMs?: number }
  readonly lints: ReadonlyArray<Lint>
}

export const judgeLeaf = (presented: Presented, policy: Policy, now: number): LeafJudgement => {
  const { certificate } = presented
  const { denied, lints } = inspect(presented)
  if (denied && !policy.trustDraftExamples) {
    const detail = "the private key of this example certificate is public"
    return { fault: { code: "PresentedCertificatePolicyViolation", detail }, lints }
  }
  if (certificate === undefined) return { lints } // the caller has checked the dates itself (POSH-REQ-01)

  // POSH-MAT-02. THE LEAF'S OWN SIGNATURE IS NOT CHECKED: trust comes from the domain (POSH-MAT-03, POSH-MAT-05).
  if (now > certificate.notAfter + policy.clockSkewMs) return { fault: { code: "PresentedCertificateExpired" }, lints }
  if (now < certificate.notBefore - policy.clockSkewMs) {
    const retryAfterMs = certificate.notBefore - policy.clockSkewMs - now
    return { fault: { code: "PresentedCertificateNotYetValid", retryAfterMs }, lints }
  }
  const [violation] = lints
  return policy.leafProfile === "enforce" && violation !== undefined
    ? { fault: { code: "PresentedCertificatePolicyViolation", detail: violation.message }, lints }
    : { lints }
}

/** What can be said of a certificate once and for all. */
interface Inspection {
  /** One of the drafts' examples, whose private keys are public (POSH-SEC-06). */
  readonly denied: boolean
  readonly lints: ReadonlyArray<Lint>
}

const inspections = new WeakMap<Presented, Inspection>()

const inspect = (presented: Presented): Inspection => {
  const known = inspections.get(presented)
  if (known !== undefined) return known
  const { certificate, hashes } = presented
  const inspection = { denied: isDenied(hashes), lints: certificate === undefined ? [] : examineLeaf(certificate) }
  inspections.set(presented, inspection)
  return inspection
}
