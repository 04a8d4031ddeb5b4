/**
 * What another process stored → what this deployment makes of it. A replica with laxer settings, or one with a clock that
 * is wrong, must not decide for how long this one trusts a domain. Pure: time is an argument.
 */
import type { Association } from "../../association/Association.ts"
import type { Lifetime, LifetimePolicy } from "../../association/Lifetime.ts"
import { cacheLimits } from "../../Limits.ts"
import type { NegativeEntry } from "./AssociationStore.ts"

/**
 * The association with a lifetime that ends no later than this deployment's settings allow (POSH-CAC-11, POSH-CAC-22);
 * `undefined` where it was learnt in the future, so that none of its instants mean anything.
 *
 * **Details**
 *
 * It only ever shortens. The same object where there is nothing to shorten. WHETHER IT HAS ENDED IS NOT CHECKED.
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

/** The same for a failure; its length is bounded by the codec (POSH-CAC-31). */
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
