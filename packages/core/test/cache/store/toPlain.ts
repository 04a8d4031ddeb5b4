/** The members of an association, whether they are fields or decoded when they are read. */
import type { Association } from "../../../src/association/Association.ts"

export const toPlain = (association: Association | undefined): Association | undefined => {
  if (association === undefined) return undefined
  const { delegatedDomain, delegation, domain, generation, hops, lifetime, lints, material, service } = association
  return { domain, service, generation, material, lints, hops, delegation, delegatedDomain, lifetime }
}
