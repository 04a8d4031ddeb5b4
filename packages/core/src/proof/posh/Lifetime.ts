/**
 * From what documents say to instants (requirements §4.2–4.3). Pure: time is an argument.
 */
import type { Lifetime, LifetimePolicy } from "../../association/Lifetime.ts"
import { type Head, headerValues } from "../../fetch/Fetcher.ts"
import { listMembers } from "../../fetch/fields.ts"
import type { PublishedFingerprints } from "./document/Fingerprints.ts"
import type { PublishedJwkSet } from "./document/JwkSet.ts"
import type { Reference } from "./document/Reference.ts"

/**
 * One document's own bound: start of its request + `expires` − Age (POSH-CAC-10, POSH-RES-50). Where that is no later than
 * the start of the request, the document was over before it came, and is no answer to the question that has it fetched
 * either: that one is exempt from the time that passes meanwhile (POSH-CAC-12), not from the time before.
 */
export const documentBound = (
  document: PublishedFingerprints | Reference | PublishedJwkSet,
  startedAt: number,
  head: Head
): number =>
  document.expires === undefined ? Number.POSITIVE_INFINITY : startedAt + (document.expires - ageSeconds(head)) * 1_000

/** Lifetime of RFC 7711 material: the lowest bound governs, capped (POSH-CAC-10, POSH-CAC-11). */
export const fingerprintsLifetime = (fetchedAt: number, bound: number, policy: LifetimePolicy): Lifetime => {
  const freshUntil = Math.min(bound, fetchedAt + policy.maxLifetimeMs)
  return { fetchedAt, revalidateAt: freshUntil, graceUntil: freshUntil, expiresAt: freshUntil }
}

/** Lifetime of draft material: the life of its certificates, asked for again in between (POSH-CAC-21, POSH-CAC-22). */
export const jwkSetLifetime = (
  fetchedAt: number,
  document: PublishedJwkSet,
  bound: number,
  policy: LifetimePolicy
): Lifetime => {
  const latest = Math.max(...document.material.entries.map(({ notAfter }) => notAfter))
  const expiresAt = Math.min(latest, bound)
  const revalidateAt = Math.min(expiresAt, fetchedAt + policy.draftRevalidateMs)
  // What need not be asked for yet serves whether or not its source can be asked.
  const graceUntil = Math.max(revalidateAt, Math.min(expiresAt, fetchedAt + policy.draftGraceMs))
  return { fetchedAt, revalidateAt, graceUntil, expiresAt }
}

// RFC 9111 §5.1: a delta in seconds. An invalid Age says nothing; of several the oldest counts, so that none adds life.
const ageSeconds = (head: Head): number =>
  Math.max(0, ...headerValues(head, "age").flatMap(listMembers).map((age) => /^\d+$/.test(age) ? deltaSeconds(age) : 0))

// RFC 9111 §1.2.2: what is too large for the recipient counts as 2^31.
const deltaSeconds = (digits: string): number => Math.min(Number(digits), 2 ** 31)
