/**
 * Checks of the presented certificate that do not depend on what the domain publishes (requirements §3.1).
 */
import type { VerdictCode } from "../codes.ts"
import type { Lint } from "../Lint.ts"
import type { Policy } from "../Policy.ts"
import type { Presented } from "./Presented.ts"

export interface LeafCheck {
  /** Why the certificate is refused; absent if it is acceptable. */
  readonly fault?: { readonly code: VerdictCode; readonly detail?: string; readonly retryAfterMs?: number }
  readonly lints: ReadonlyArray<Lint>
}

/** Checks a leaf against the deny list, its dates at `now`, and the leaf profile of the policy. */
export const checkLeaf = (presented: Presented, policy: Policy, now: number): LeafCheck => {
  const { certificate, isDenied, lints } = presented
  if (isDenied && !policy.trustDraftExamples) {
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
