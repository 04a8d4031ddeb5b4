/**
 * A digest of what a verdict was decided from: equal digests, equal evidence.
 */
import { type Association, encodeAssociation, ResolveError, type Verdict } from "@posh/core"
import { hash } from "node:crypto"

type Basis = NonNullable<Verdict["basis"]>

const known = new WeakMap<Basis, string>()

/**
 * Hex SHA-256 over the association as shared stores have it, or over the failure. Made once for as long as the basis is
 * remembered: a warm verdict pays nothing.
 */
export const digestEvidence = (basis: Basis): string => {
  const remembered = known.get(basis)
  if (remembered !== undefined) return remembered
  const digest = hash("sha256", toText(basis), "hex")
  known.set(basis, digest)
  return digest
}

const toText = (basis: Basis): string => basis instanceof ResolveError ? failureText(basis) : associationText(basis)

const associationText = (association: Association): string => encodeAssociation(association)

const failureText = ({ code, detail, hopIndex, hops, lints, url }: ResolveError): string =>
  JSON.stringify({ code, detail, hopIndex, hops, lints, url })
