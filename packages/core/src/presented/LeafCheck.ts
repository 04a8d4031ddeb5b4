/**
 * Checks of the presented certificate that do not depend on what the domain publishes (requirements §3.1).
 */
import type { VerdictCode } from "../codes.ts"
import type { Policy } from "../Policy.ts"
import type { Certificate } from "../x509/Certificate.ts"
import type { Presented } from "./Presented.ts"

/** Why a certificate is refused. */
export interface LeafFault {
  readonly code: VerdictCode
  readonly detail?: string
  readonly retryAfterMs?: number
  /** Refused whatever vouches for it. Absent where dates alone are at fault, which do not count for DANE-EE (POSH-PRF-24). */
  readonly isFinal?: true
}

/**
 * Checks a leaf against the deny list, its dates at `now`, and the leaf profile of the policy. `undefined` if it is
 * acceptable. Reads the parts of the certificate only where the profile is enforced.
 */
export const checkLeaf = (presented: Presented, policy: Policy, now: number): LeafFault | undefined => {
  const { certificate, isDenied } = presented
  if (isDenied && !policy.trustDraftExamples) {
    const detail = "the private key of this example certificate is public"
    return { code: "PresentedCertificatePolicyViolation", detail, isFinal: true }
  }
  if (certificate === undefined) return undefined // the caller has checked the dates itself (POSH-REQ-01)

  // POSH-MAT-02. THE LEAF'S OWN SIGNATURE IS NOT CHECKED: trust comes from the domain (POSH-MAT-03, POSH-MAT-05).
  const dates = datesFault(certificate, now, policy.clockSkewMs)
  const violation = policy.leafProfile === "enforce" ? presented.lints[0] : undefined
  if (violation === undefined) return dates
  return dates === undefined
    ? { code: "PresentedCertificatePolicyViolation", detail: violation.message, isFinal: true }
    : { ...dates, isFinal: true }
}

const datesFault = (
  { notAfter, notBefore }: Certificate,
  now: number,
  clockSkewMs: number
): LeafFault | undefined => {
  if (now > notAfter + clockSkewMs) return { code: "PresentedCertificateExpired" }
  return now < notBefore - clockSkewMs
    ? { code: "PresentedCertificateNotYetValid", retryAfterMs: notBefore - clockSkewMs - now }
    : undefined
}
