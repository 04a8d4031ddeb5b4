/**
 * Remembered things → may they answer? Pure: the whole caching policy of reading in one place (requirements §4).
 */
import { hash } from "node:crypto"
import { type Association, refreshAt } from "../Association.ts"
import type { Absence, Remembered } from "./AssociationStore.ts"

/** What a question demands of remembered things. */
export interface Demand {
  /** Milliseconds; older things do not count (`maxAge`). */
  readonly maxAgeMs?: number
  /** Nothing remembered counts (POSH-CAC-32, POSH-MAT-43). */
  readonly force: boolean
}

export type Recall =
  | {
    readonly _tag: "Serve"
    readonly association: Association
    /** The source could not be asked when it was due; it is asked again at `nextTryAt` (POSH-CAC-22). */
    readonly overdue?: { readonly nextTryAt: number }
    /** Time to ask again in the background (POSH-CAC-34). */
    readonly refreshAhead: boolean
  }
  | { readonly _tag: "Fail"; readonly absence: Absence; readonly refreshAhead: boolean }
  | { readonly _tag: "Learn" }

const learn: Recall = { _tag: "Learn" }

export const recall = ({ absence, asOf, association }: Remembered, demand: Demand): Recall => {
  if (demand.force) return learn
  const known = association !== undefined && isYoung(association.lifetime.fetchedAt, asOf, demand)
    ? association
    : undefined
  const waiting = absence !== undefined && asOf < absence.until && isYoung(absence.learnedAt, asOf, demand)
    ? absence
    : undefined

  if (known !== undefined && asOf < known.lifetime.revalidateAt) {
    return {
      _tag: "Serve",
      association: known,
      refreshAhead: waiting === undefined && isRefreshDue(known, asOf)
    }
  }
  if (waiting === undefined) return learn
  // A back-off is running, so the source is not asked now. Draft material serves on within its grace.
  if (known !== undefined && asOf < known.lifetime.graceUntil) {
    return { _tag: "Serve", association: known, overdue: { nextTryAt: waiting.until }, refreshAhead: false }
  }
  return { _tag: "Fail", absence: waiting, refreshAhead: isStaleNegative(waiting, asOf) }
}

/**
 * After a failed resolution: does what was remembered go on to serve? Only a withdrawal ends it early (POSH-CAC-30,
 * requirements §8.1), and only the grace of the draft generation extends it (POSH-CAC-22, POSH-CAC-33).
 */
export const fallBack = (
  { asOf, association }: Remembered,
  demand: Demand,
  nextTryAt: number
): Extract<Recall, { _tag: "Serve" }> | undefined => {
  if (association === undefined || !isYoung(association.lifetime.fetchedAt, asOf, demand)) return undefined
  if (asOf < association.lifetime.revalidateAt) return { _tag: "Serve", association, refreshAhead: false }
  if (asOf >= association.lifetime.graceUntil) return undefined
  return { _tag: "Serve", association, overdue: { nextTryAt }, refreshAhead: false }
}

const isYoung = (since: number, asOf: number, { maxAgeMs }: Demand): boolean =>
  maxAgeMs === undefined || asOf - since <= maxAgeMs

const isRefreshDue = ({ domain, generation, lifetime, service }: Association, asOf: number): boolean =>
  asOf >= refreshAt(lifetime) &&
  asOf >= spread(lifetime.fetchedAt, lifetime.revalidateAt, `${domain}:${service}:${generation}`)

/**
 * POSH-CAC-34: a moment from 80 to 90 % of the way, by what it is about and when that was learnt: what was fetched in one
 * moment is not fetched again in one moment.
 */
const spread = (since: number, until: number, about: string): number => {
  const chance = hash("sha256", `${since} ${about}`, "buffer").readUInt32BE() / 2 ** 32
  return since + (until - since) * (0.8 + 0.1 * chance)
}

// "Nothing published" is what lets the draft generation speak (POSH-NEG-06); asked again in time, it delays nobody.
const isStaleNegative = ({ error, learnedAt, until }: Absence, asOf: number): boolean =>
  error.code === "NotPublished" && asOf >= spread(learnedAt, until, error.hops[0]?.url ?? "")
