/**
 * What each proof type says of a certificate, and what they say together (RFC 7712 §7, requirements §6.3).
 */
import type { VerdictCode, VerdictKind } from "../codes.ts"
import type { Prooftype } from "../question/Prooftype.ts"

/** The sub-result of one proof type. */
export interface SubResult {
  readonly prooftype: Prooftype
  /** `not-applicable`: it says nothing, for or against. */
  readonly verdict: VerdictKind | "not-applicable"
  readonly code: SubResultCode
}

/**
 * `NotNeeded`: another one had verified already, so nothing was asked. `NotApplicable`: the question has nothing that it could
 * look at.
 */
export type SubResultCode = VerdictCode | "Verified" | "NotNeeded" | "NotApplicable"

/** Which of the failures may undo the success of another proof type. */
export interface VetoPolicy {
  /** `mismatch` and `unusable-material` of POSH do (POSH-PRF-41). */
  readonly poshAuthoritative: boolean
}

/** Of several that verify, the first is named as the one that decided (POSH-PRF-44). */
const preference: ReadonlyArray<Prooftype> = ["dane", "posh", "pkix"]

/**
 * The one that decides: a veto, or else the first that verifies (POSH-PRF-40), or else the first that has anything to say.
 *
 * **Details**
 *
 * DANE that applies and fails vetoes: a TLSA mismatch, or what DNSSEC rejects (RFC 6698 §4.1). By policy some failures of POSH
 * do, too; so does what DANE cannot tell from a hash alone. Every other failure leaves the decision to the others, because proof types are alternatives.
 */
export const decidingSubResult = (proofs: ReadonlyArray<SubResult>, policy: VetoPolicy): SubResult | undefined => {
  const ordered = preference.flatMap((prooftype) => proofs.filter((proof) => proof.prooftype === prooftype))
  const says = ordered.filter(({ verdict }) => verdict !== "not-applicable")
  return says.find((proof) => vetoes(proof, policy)) ?? says.find(({ verdict }) => verdict === "verified") ??
    says.find(({ prooftype }) => prooftype === "posh") ?? says[0]
}

const vetoes = ({ prooftype, verdict }: SubResult, { poshAuthoritative }: VetoPolicy): boolean =>
  (prooftype === "dane" && verdict !== "verified") ||
  (prooftype === "posh" && poshAuthoritative && (verdict === "mismatch" || verdict === "unusable-material"))
