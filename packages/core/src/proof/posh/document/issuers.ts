/**
 * What is kept of `x5c` above the leaf. It serves the optional chain check alone (POSH-FMT-29), and a stranger decides
 * what stands there: what that check cannot use takes no room in memory or in a shared store (POSH-CAC-05).
 */
import { Result } from "effect"
import { documentLimits } from "../../../Limits.ts"
import { isSameName } from "../../../x509/chain/distinguishedName.ts"
import { parsePathCertificate, type PathCertificate } from "../../../x509/chain/PathCertificate.ts"

/** Stands for a certificate that is not kept, so that a chain with one missing never passes for a shorter chain. */
export const placeholder = new Uint8Array()

/**
 * The same number of elements, in order. From the first that is no certificate, or with which all are too long, there is
 * nothing left; and nothing behind the first that did not issue the one before. No chain validates with such an element.
 *
 * **Details**
 *
 * Names are compared. WHETHER THE SIGNATURES ARE RIGHT IS NOT CHECKED here.
 */
export const keepIssuers = (
  leaf: Uint8Array,
  issuers: ReadonlyArray<Uint8Array>
): ReadonlyArray<Uint8Array> => {
  const kept = issuers.length === 0 ? 0 : countUsable(Result.getOrUndefined(parsePathCertificate(leaf)), issuers)
  return issuers.map((issuer, index) => index < kept ? issuer : placeholder)
}

const countUsable = (leaf: PathCertificate | undefined, issuers: ReadonlyArray<Uint8Array>): number => {
  let below = leaf
  let octets = 0
  for (const [index, der] of issuers.entries()) {
    octets += der.length
    const issuer = octets <= documentLimits.issuersOctets ? Result.getOrUndefined(parsePathCertificate(der)) : undefined
    if (issuer === undefined) return index
    // Kept itself, so that the check can say what is wrong.
    if (below === undefined || !isSameName(below.issuer, issuer.subject)) return index + 1
    below = issuer
  }
  return issuers.length
}
