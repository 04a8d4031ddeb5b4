/**
 * Which certificates of `x5c` above the leaf are kept. Only the optional chain check needs them (POSH-FMT-29), and they
 * are untrusted input: certificates that the check cannot use take no memory in caches (POSH-CAC-05).
 */
import { Result } from "effect"
import { documentLimits } from "../../../Limits.ts"
import { isSameName } from "../../../x509/chain/distinguishedName.ts"
import { parsePathCertificate, type PathCertificate, toPathCertificate } from "../../../x509/chain/PathCertificate.ts"
import { isDer } from "../../../x509/der.ts"
import { type Fields, readFields } from "../../../x509/fields.ts"

/** A certificate of `x5c` above the leaf. The lint and {@link keepIssuers} share its fields, so it is read once. */
export interface Issuer {
  readonly der: Uint8Array
  /** `undefined` if the octets are not a certificate, or a part of it is malformed. */
  readonly fields: Fields | undefined
}

/** Reads a certificate above the leaf. */
export const readIssuer = (der: Uint8Array): Issuer => {
  const fields = isDer(der) ? Result.getOrUndefined(readFields(der)) : undefined
  return { der, fields: fields?.faults.length === 0 ? fields : undefined }
}

/** Replaces a certificate that is not kept, so that an incomplete chain never validates as a shorter one. */
export const placeholder = new Uint8Array()

/**
 * Replaces the certificates that the chain check cannot use by {@link placeholder}; the number and the order stay.
 *
 * **Details**
 *
 * Replaces everything from the first element that is malformed or exceeds `documentLimits.issuersOctets` in total, and
 * everything after the first that did not issue the one before. No chain validates with a placeholder. Compares issuer
 * and subject names; SIGNATURES ARE NOT CHECKED here.
 */
export const keepIssuers = (
  leaf: Uint8Array,
  issuers: ReadonlyArray<Issuer>
): ReadonlyArray<Uint8Array> => {
  const kept = issuers.length === 0 ? 0 : countUsable(Result.getOrUndefined(parsePathCertificate(leaf)), issuers)
  return issuers.map(({ der }, index) => index < kept ? der : placeholder)
}

const countUsable = (leaf: PathCertificate | undefined, issuers: ReadonlyArray<Issuer>): number => {
  let below = leaf
  let octets = 0
  for (const [index, { der, fields }] of issuers.entries()) {
    octets += der.length
    if (octets > documentLimits.issuersOctets || fields === undefined) return index
    const issuer = Result.getOrUndefined(toPathCertificate(fields))
    if (issuer === undefined) return index
    // This one is kept, so that the chain check can report the mismatch.
    if (below === undefined || !isSameName(below.issuer, issuer.subject)) return index + 1
    below = issuer
  }
  return issuers.length
}
