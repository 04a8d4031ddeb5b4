/**
 * Decides whether a cache entry serves a question, or the origin has to be asked. Pure: the whole policy of reading the
 * cache (requirements §4). Every entry of a store and every result of another question's flight passes through here.
 */
import type { Association } from "../association/Association.ts"
import type { CacheEntry, NegativeEntry } from "./store/AssociationStore.ts"

/** How fresh a question needs a cache entry to be. */
export interface Freshness {
  /** Milliseconds; older material does not serve (`maxAge`). Negative entries have their own TTL. */
  readonly maxAgeMs?: number
  /**
   * The request to the origin must have begun at this instant or later; milliseconds since the epoch (POSH-CAC-32,
   * POSH-MAT-43, POSH-CAC-34).
   */
  readonly askedSince?: number
}

export type CacheDecision =
  | {
    readonly _tag: "Serve"
    readonly association: Association
    /** The material is stale, because its origin could not be reached; the next try is at `askAgainAt` (POSH-CAC-22). */
    readonly overdue: boolean
    /** From then on the next question triggers a request to the origin, at least in the background. */
    readonly askAgainAt: number
    /** The entry is due for a refresh in the background (POSH-CAC-34). */
    readonly refreshAhead: boolean
  }
  | { readonly _tag: "Fail"; readonly negative: NegativeEntry; readonly refreshAhead: boolean }
  | {
    readonly _tag: "Fetch"
    /** The entry would serve a question with a lower freshness, so the request needs a refetch grant. */
    readonly refetch: boolean
  }

export const toCacheDecision = ({ negative, asOf, association }: CacheEntry, freshness: Freshness): CacheDecision => {
  const isFresh = association !== undefined && asOf < association.lifetime.revalidateAt
  const isNegativeValid = negative !== undefined && asOf < negative.until
  const usable = association !== undefined && isSufficient(association, asOf, freshness) ? association : undefined
  const usableNegative = isNegativeValid && answeredAt(negative) >= (freshness.askedSince ?? Number.NEGATIVE_INFINITY)
    ? negative
    : undefined

  if (usable !== undefined && isFresh) {
    const refreshAt = refreshAheadAt(usable)
    return {
      _tag: "Serve",
      association: usable,
      overdue: false,
      askAgainAt: Math.max(refreshAt, isNegativeValid ? negative.until : refreshAt),
      refreshAhead: !isNegativeValid && asOf >= refreshAt
    }
  }
  if (usableNegative === undefined) return { _tag: "Fetch", refetch: isFresh || isNegativeValid }
  // The negative entry is valid, so the origin is not asked now. Stale draft material serves within its grace period.
  if (usable !== undefined && asOf < usable.lifetime.graceUntil) return overdue(usable, usableNegative.until)
  return { _tag: "Fail", negative: usableNegative, refreshAhead: isStaleNegative(usableNegative, asOf) }
}

/**
 * The cached material that serves in place of a failed resolution, if any. Only a withdrawal ends material early
 * (POSH-CAC-30, requirements §8.1), and only the grace period of the draft generation extends it (POSH-CAC-22, POSH-CAC-33).
 */
export const toFallback = (
  { asOf, association }: CacheEntry,
  { maxAgeMs }: Freshness,
  retryAt: number
): Extract<CacheDecision, { _tag: "Serve" }> | undefined => {
  if (association === undefined || !isWithinMaxAge(association, asOf, maxAgeMs)) return undefined
  if (asOf < association.lifetime.revalidateAt) {
    const askAgainAt = Math.max(retryAt, refreshAheadAt(association))
    return { _tag: "Serve", association, overdue: false, askAgainAt, refreshAhead: false }
  }
  return asOf < association.lifetime.graceUntil ? overdue(association, retryAt) : undefined
}

const overdue = (association: Association, askAgainAt: number): Extract<CacheDecision, { _tag: "Serve" }> => ({
  _tag: "Serve",
  association,
  overdue: true,
  askAgainAt,
  refreshAhead: false
})

/** The `askedSince` by which an answer is newer than the entry, and than the look-up that read the entry. */
export const newestInstant = ({ negative, asOf, association }: CacheEntry, since = asOf): number =>
  Math.max(
    since,
    association === undefined ? since : association.lifetime.fetchedAt + 1,
    negative === undefined ? since : negative.learnedAt + 1
  )

const isSufficient = (association: Association, asOf: number, { askedSince, maxAgeMs }: Freshness): boolean =>
  isWithinMaxAge(association, asOf, maxAgeMs) &&
  (askedSince === undefined || association.lifetime.fetchedAt >= askedSince)

const isWithinMaxAge = ({ lifetime }: Association, asOf: number, maxAgeMs: number | undefined): boolean =>
  maxAgeMs === undefined || asOf - lifetime.fetchedAt <= maxAgeMs

/** When the request that failed began. */
const answeredAt = ({ error, learnedAt }: NegativeEntry): number => error.hops.at(-1)?.startedAt ?? learnedAt

/** From then on a question that the association serves triggers a refresh in the background (POSH-CAC-34). */
export const refreshAheadAt = ({ domain, lifetime }: Association): number =>
  toJitteredInstant(lifetime.fetchedAt, lifetime.revalidateAt, domain)

/**
 * POSH-CAC-34: an instant at 80 to 90 % of the lifetime. The jitter depends on the subject and the time of the fetch, so
 * entries that were fetched at one time are not refreshed at one time.
 */
const toJitteredInstant = (since: number, until: number, about: string): number =>
  Math.floor(since + (until - since) * (0.8 + 0.1 * toJitter(about, since)))

/** Deterministic, in [0, 1). Not a cryptographic hash: an attacker gains nothing by predicting it. */
const toJitter = (text: string, seed: number): number => {
  let mixed = (seed ^ Math.floor(seed / 2 ** 32)) | 0
  for (let index = 0; index < text.length; index += 1) {
    mixed = Math.imul(mixed ^ text.charCodeAt(index), 0x01000193) // FNV-1a
  }
  // The finalizer of MurmurHash3, so that the last characters affect the highest bits too.
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
}

// After "nothing published" the draft generation is resolved (POSH-NEG-06). A refresh ahead of expiry keeps the request
// for the RFC 7711 document off the critical path.
const isStaleNegative = ({ error, learnedAt, until }: NegativeEntry, asOf: number): boolean =>
  error.code === "NotPublished" && asOf >= toJitteredInstant(learnedAt, until, error.hops[0]?.url ?? "")
