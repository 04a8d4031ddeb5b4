/**
 * Applies the policy of this deployment to an entry that another process stored. A replica with a laxer policy or a wrong
 * clock must not decide how long this one trusts a domain. Pure: time is an argument.
 */
import type { Association } from "../../association/Association.ts"
import type { Lifetime, LifetimePolicy } from "../../association/Lifetime.ts"
import { cacheLimits } from "../../Limits.ts"
import type { NegativeEntry } from "./AssociationStore.ts"

/**
 * The association with its lifetime capped by the policy (POSH-CAC-11, POSH-CAC-22); `undefined` if it was fetched in the
 * future, because then none of its instants can be trusted.
 *
 * **Details**
 *
 * It never extends a lifetime, and returns the same object if there is nothing to cap. WHETHER IT HAS EXPIRED IS NOT
 * CHECKED.
 */
export const associationUnder = (
  association: Association,
  policy: LifetimePolicy,
  now: number
): Association | undefined => {
  const { lifetime, material } = association
  if (lifetime.fetchedAt > now + cacheLimits.clockSkewMs) return undefined
  const capped = material._tag === "Fingerprints" ? capFingerprints(lifetime, policy) : capDraft(lifetime, policy)
  const isSame = capped.revalidateAt === lifetime.revalidateAt && capped.graceUntil === lifetime.graceUntil
  return isSame ? association : { ...association, lifetime: capped }
}

/** The same for a negative entry; the codec bounds its TTL (POSH-CAC-31). */
export const negativeUnder = (negative: NegativeEntry, now: number): NegativeEntry | undefined =>
  negative.learnedAt > now + cacheLimits.clockSkewMs ? undefined : negative

const capFingerprints = ({ fetchedAt, revalidateAt }: Lifetime, { maxLifetimeMs }: LifetimePolicy): Lifetime => {
  const freshUntil = Math.min(revalidateAt, fetchedAt + maxLifetimeMs)
  return { fetchedAt, revalidateAt: freshUntil, graceUntil: freshUntil, expiresAt: freshUntil }
}

const capDraft = (lifetime: Lifetime, { draftGraceMs, draftRevalidateMs }: LifetimePolicy): Lifetime => {
  const { fetchedAt } = lifetime
  const revalidateAt = Math.min(lifetime.revalidateAt, fetchedAt + draftRevalidateMs)
  const graceUntil = Math.max(revalidateAt, Math.min(lifetime.graceUntil, fetchedAt + draftGraceMs))
  return { ...lifetime, revalidateAt, graceUntil }
}
