/**
 * The ways of proving that a certificate is one of a domain (RFC 7712 §7).
 */
export type Prooftype = "posh" | "pkix" | "dane"

/** In the order of evaluation: PKIX needs no network (POSH-PRF-43). */
export const evaluationOrder: ReadonlyArray<Prooftype> = ["pkix", "dane", "posh"]

/** What is asked where neither question nor policy says anything else. */
export const defaultProoftypes: ReadonlyArray<Prooftype> = ["posh"]
