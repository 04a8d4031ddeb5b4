/**
 * Checks of the presented certificate that do not depend on what the domain publishes (requirements §3.1).
 */
import type { VerdictCode } from "../codes.ts"
import type { Policy } from "../Policy.ts"
import type { Presented } from "./Presented.ts"

/** Why a certificate is refused. */
export interface LeafFault {
  readonly code: VerdictCode
  readonly detail?: string
  readonly retryAfterMs?: number
}

/**
 * Checks a leaf against the deny list, its dates at `now`, and the leaf profile of the policy. `undefined` if it is
 * acceptable. Reads the parts of the certificate only where the profile is enforced.
 */
export const checkLeaf = (presented: Presented, policy: Policy, now: number): LeafFault | undefined => {
  const { certificate, isDenied } = presented
  if (isDenied && !policy.trustDraftExamples) {
    const detail = "the private key of this example certificate is public"
    return { code: "PresentedCertificatePolicyViolation", detail }
  }
  if (certificate === undefined) return undefined // the caller has checked the dates itself (POSH-REQ-01)

  // POSH-MAT-02. THE LEAF'S OWN SIGNATURE IS NOT CHECKED: trust comes from the domain (POSH-MAT-03, POSH-MAT-05).
  if (now > certificate.notAfter + policy.clockSkewMs) return { code: "PresentedCertificateExpired" }
  if (now < certificate.notBefore - policy.clockSkewMs) {
    const retryAfterMs = certificate.notBefore - policy.clockSkewMs - now
    return { code: "PresentedCertificateNotYetValid", retryAfterMs }
  }
  const violation = policy.leafProfile === "enforce" ? presented.lints[0] : undefined
  return violation === undefined
    ? undefined
    : { code: "PresentedCertificatePolicyViolation", detail: violation.message }
}
