/**
 * A cache entry → may it answer? Pure: the whole caching policy of reading in one place (requirements §4). Whatever
 * comes out of a store or a flight passes here, with what the question that asks needs.
 */
import type { Association } from "../association/Association.ts"
import type { CacheEntry, NegativeEntry } from "./store/AssociationStore.ts"

/** What a question needs of remembered things. */
export interface Freshness {
  /** Milliseconds; older material does not count (`maxAge`). Negative entries keep their own time. */
  readonly maxAgeMs?: number
  /**
   * The origin is to have been asked at this instant or later, in milliseconds since the epoch (POSH-CAC-32, POSH-MAT-43,
   * POSH-CAC-34).
   */
  readonly askedSince?: number
}

export type CacheDecision =
  | {
    readonly _tag: "Serve"
    readonly association: Association
    /** The source could not be asked when it was due; it is asked again at `askAgainAt` (POSH-CAC-22). */
    readonly overdue: boolean
    /** From when on the next question has the origin asked, in the background at least. */
    readonly askAgainAt: number
    /** Time to ask again in the background (POSH-CAC-34). */
    readonly refreshAhead: boolean
  }
  | { readonly _tag: "Fail"; readonly negative: NegativeEntry; readonly refreshAhead: boolean }
  | {
    readonly _tag: "Fetch"
    /** Something would answer a question that needs less: asking goes through the limit of refetches. */
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
  // A back-off is running, so the source is not asked now. Draft material serves on within its grace.
  if (usable !== undefined && asOf < usable.lifetime.graceUntil) return overdue(usable, usableNegative.until)
  return { _tag: "Fail", negative: usableNegative, refreshAhead: isStaleNegative(usableNegative, asOf) }
}

/**
 * After a failed resolution: does what was remembered go on to serve? Only a withdrawal ends it early (POSH-CAC-30,
 * requirements §8.1), and only the grace of the draft generation extends it (POSH-CAC-22, POSH-CAC-33).
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

/** What a question needs of whatever is learnt after it looked: newer than all that it saw, and than its look. */
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

/** When the request began whose answer the negative entry is. */
const answeredAt = ({ error, learnedAt }: NegativeEntry): number => error.hops.at(-1)?.startedAt ?? learnedAt

/** From when on a question that uses the association has it refreshed in the background (POSH-CAC-34). */
export const refreshAheadAt = ({ domain, lifetime }: Association): number =>
  toJitteredInstant(lifetime.fetchedAt, lifetime.revalidateAt, domain)

/**
 * POSH-CAC-34: a moment from 80 to 90 % of the way, by what it is about and when that was learnt: what was fetched in one
 * moment is not fetched again in one moment.
 */
const toJitteredInstant = (since: number, until: number, about: string): number =>
  Math.floor(since + (until - since) * (0.8 + 0.1 * toJitter(about, since)))

/** In [0, 1), the same for the same arguments. Nothing depends on its being hard to guess. */
const toJitter = (text: string, seed: number): number => {
  let mixed = (seed ^ Math.floor(seed / 2 ** 32)) | 0
  for (let index = 0; index < text.length; index += 1) {
    mixed = Math.imul(mixed ^ text.charCodeAt(index), 0x01000193) // FNV-1a
  }
  // The last characters have to reach the highest bits as well (MurmurHash3's finalizer).
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
}

// "Nothing published" is what lets the draft generation speak (POSH-NEG-06); asked again in time, it delays nobody.
const isStaleNegative = ({ error, learnedAt, until }: NegativeEntry, asOf: number): boolean =>
  error.code === "NotPublished" && asOf >= toJitteredInstant(learnedAt, until, error.hops[0]?.url ?? "")
