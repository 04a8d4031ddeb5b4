/**
 * The verdict of PKIX (requirements §6.1). Pure.
 */
import { Result } from "effect"
import type { PkixResult } from "../proof/pkix/PkixCheck.ts"
import { type Certificate, parseCertificate } from "../x509/Certificate.ts"
import type { Assessment } from "./decide.ts"
import { type Evidence, makeNegative, makeVerdict, type PkixEvidence, type Verdict } from "./Verdict.ts"

/**
 * Decides on a path, or the lack of one. `maxLifetimeMs`: for how long a verdict holds at most; roots change, and revocation
 * is not checked.
 */
export const decidePkix = (
  { inquiry: { presented, target }, now }: Assessment,
  result: PkixResult,
  maxLifetimeMs: number
): Verdict => {
  const subject = { domain: target.domain, service: target.service.key, presented, decidedAt: now }
  if (result._tag === "Failed") {
    const { code, detail } = result
    return makeNegative(subject, code, () => evidenceOf(subject, { code, detail, ...fetchesOf(result) }), {
      detail,
      prooftype: "pkix"
    })
  }
  const { path, until } = result
  const validUntil = Math.min(until, now + maxLifetimeMs)
  return makeVerdict(
    {
      ...subject,
      verdict: "verified",
      valid: true,
      code: "Verified",
      message:
        `A trusted root vouches for this certificate of ${target.domain}, over a path of ${path.certificates.length} certificates.`,
      prooftype: "pkix",
      retryable: false,
      validUntil,
      refreshAfter: validUntil
    },
    () =>
      evidenceOf(subject, { code: "Verified", path: path.certificates.flatMap(toCertificate), ...fetchesOf(result) })
  )
}

const fetchesOf = ({ fetches }: PkixResult) => fetches === undefined ? {} : { fetches }

const toCertificate = (der: Uint8Array): ReadonlyArray<Certificate> => {
  const parsed = parseCertificate(der)
  return Result.isFailure(parsed) ? [] : [parsed.success]
}

const evidenceOf = ({ presented }: Pick<Verdict, "presented">, pkix: PkixEvidence): Evidence => ({
  attempts: [],
  lints: presented.lints,
  pkix
})
