/**
 * Lifetimes of material, from `expires`, `Age` and the dates of certificates (requirements §4.2–4.3). Pure: time is
 * an argument.
 */
import type { Lifetime, LifetimePolicy } from "../../association/Lifetime.ts"
import { type Head, headerValues } from "../../fetch/Fetcher.ts"
import { listMembers } from "../../fetch/fields.ts"
import type { PublishedFingerprints } from "./document/Fingerprints.ts"
import type { PublishedJwkSet } from "./document/JwkSet.ts"
import type { Reference } from "./document/Reference.ts"

/**
 * When one document expires: start of its request + `expires` − `Age` (POSH-CAC-10, POSH-RES-50).
 *
 * **Gotchas**
 *
 * If the result is not after the start of the request, the document was expired on arrival. Then it does not answer
 * the question that caused the fetch either: POSH-CAC-12 exempts that question from time that passes after the request
 * began, not from time before.
 */
export const documentBound = (
  document: PublishedFingerprints | Reference | PublishedJwkSet,
  startedAt: number,
  head: Head
): number =>
  document.expires === undefined ? Number.POSITIVE_INFINITY : startedAt + (document.expires - ageSeconds(head)) * 1_000

/** Lifetime of RFC 7711 material: the earliest expiry of its documents, capped (POSH-CAC-10, POSH-CAC-11). */
export const fingerprintsLifetime = (fetchedAt: number, bound: number, policy: LifetimePolicy): Lifetime => {
  const freshUntil = Math.min(bound, fetchedAt + policy.maxLifetimeMs)
  return { fetchedAt, revalidateAt: freshUntil, graceUntil: freshUntil, expiresAt: freshUntil }
}

/** Lifetime of draft material: that of its certificates, with revalidation in between (POSH-CAC-21, POSH-CAC-22). */
export const jwkSetLifetime = (
  fetchedAt: number,
  document: PublishedJwkSet,
  bound: number,
  policy: LifetimePolicy
): Lifetime => {
  const latest = Math.max(...document.material.entries.map(({ notAfter }) => notAfter))
  const expiresAt = Math.min(latest, bound)
  const revalidateAt = Math.min(expiresAt, fetchedAt + policy.draftRevalidateMs)
  // Material that is not due for revalidation may be used during an outage of its source.
  const graceUntil = Math.max(revalidateAt, Math.min(expiresAt, fetchedAt + policy.draftGraceMs))
  return { fetchedAt, revalidateAt, graceUntil, expiresAt }
}

// RFC 9111 §5.1: seconds. An invalid Age is ignored; of several, the largest counts.
const ageSeconds = (head: Head): number =>
  Math.max(0, ...headerValues(head, "age").flatMap(listMembers).map((age) => /^\d+$/.test(age) ? deltaSeconds(age) : 0))

// RFC 9111 §1.2.2: a larger number counts as 2^31.
const deltaSeconds = (digits: string): number => Math.min(Number(digits), 2 ** 31)
