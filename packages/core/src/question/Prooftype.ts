/**
 * The ways of proving that a certificate is one of a domain (RFC 7712 §7).
 */
export type Prooftype = "posh" | "pkix" | "dane"

/** What is asked where neither question nor policy says anything else. POSH alone is told apart by identity, on the warm way. */
export const defaultProoftypes: ReadonlyArray<Prooftype> = ["posh"]

/** Each once, in the order of evaluation: PKIX needs no network (POSH-PRF-43). */
export const inEvaluationOrder = (prooftypes: ReadonlyArray<Prooftype>): ReadonlyArray<Prooftype> =>
  prooftypes.every((prooftype) => prooftype === "posh")
    ? defaultProoftypes
    : evaluationOrder.filter((prooftype) => prooftypes.includes(prooftype))

const evaluationOrder: ReadonlyArray<Prooftype> = ["pkix", "dane", "posh"]
