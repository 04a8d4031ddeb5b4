/**
 * What a flight that has landed means to one of the questions that waited for it. Pure.
 */
import { Result } from "effect"
import { deliveredAt } from "../association/Association.ts"
import { isWithdrawal } from "../codes.ts"
import type { ResolveError } from "../question/errors.ts"
import { type Stamp, timeSince } from "../question/Stamp.ts"
import type { Landing } from "./learn.ts"
import { fallBack, type Need, type Recall, recall, refreshMoment } from "./recall.ts"

/** One question's wait for one flight. */
export interface Waited {
  readonly landing: Landing
  /** Of the flight. */
  readonly began: Stamp
  /** Of the question. */
  readonly asked: Stamp
  readonly need: Need
  readonly now: Stamp
}

export type Meaning =
  /** Material, as `recall` lets it serve; `own`: asked for no earlier than the question was put. */
  | {
    readonly _tag: "Serve"
    readonly serve: Extract<Recall, { _tag: "Serve" }>
    readonly asOf: number
    readonly own: boolean
  }
  | { readonly _tag: "Fail"; readonly error: ResolveError; readonly retryAt?: number }
  /** The landing is no answer to this question, which has to ask itself. */
  | Extract<Recall, { _tag: "Learn" }>

/**
 * A flight that began when the question was put already answers whatever the question needs. Any other's outcome was
 * there before the question, like something remembered, and is judged as such (POSH-CAC-12, POSH-CAC-32).
 */
export const meaningOf = ({ asked, began, landing, need, now }: Waited): Meaning => {
  const { fetched, outcome, remembered, retryAt } = landing
  const own = fetched && began.monotonicMs >= asked.monotonicMs
  if (!fetched && remembered !== undefined) return toMeaning(recall(remembered, need), remembered.asOf)

  if (Result.isSuccess(outcome)) {
    const association = outcome.success
    const asOf = Math.max(timeSince(began, now), deliveredAt(association))
    if (!own) return toMeaning(recall({ association, tier: "memory", asOf }, need), asOf)
    const askAgainAt = refreshMoment(association)
    const serve = { _tag: "Serve", association, overdue: false, askAgainAt, refreshAhead: false } as const
    return { _tag: "Serve", serve, asOf, own }
  }
  const error = outcome.failure
  if (!own && !landing.late && isOlder(error, began, need)) return { _tag: "Learn", refetch: true }
  const kept = remembered === undefined || isWithdrawal(error.code)
    ? undefined
    : fallBack(remembered, need, retryAt ?? remembered.asOf)
  if (kept !== undefined) return toMeaning(kept, remembered?.asOf ?? timeSince(began, now))
  return { _tag: "Fail", error, ...(retryAt === undefined ? {} : { retryAt }) }
}

const isOlder = (error: ResolveError, began: Stamp, { askedSince }: Need): boolean =>
  askedSince !== undefined && (error.hops.at(-1)?.startedAt ?? began.wallMs) < askedSince

const toMeaning = (recalled: Recall, asOf: number): Meaning => {
  if (recalled._tag === "Learn") return recalled
  if (recalled._tag === "Serve") return { _tag: "Serve", serve: recalled, asOf, own: false }
  const { error, until } = recalled.absence
  return { _tag: "Fail", error, retryAt: until }
}
