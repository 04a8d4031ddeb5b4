/**
 * Whether a question is asked again, where, and when. Pure.
 */
import type { Answer } from "../Answer.ts"
import type { RequestFault } from "./faults.ts"

export interface Tries {
  /** So far, the last one included. */
  readonly count: number
  readonly endpoints: number
  /** Endpoints that have not failed this question since it waited. */
  readonly untried: number
  readonly remainingMs: number
  /** From 0 to 1. */
  readonly jitter: number
}

/** `waitMs: 0` goes to another endpoint; after a wait all of them are open again. */
export type NextTry = { readonly again: false } | { readonly again: true; readonly waitMs: number }

const stop: NextTry = { again: false }

/** Each endpoint is asked at most so many times for one question. */
const rounds = 3
const backoffMs = { least: 100, greatest: 2_000 } as const
/** Less than this is no time for an answer. */
const leastMs = 50

export const afterFault = ({ elsewhere, fault, later }: RequestFault, tries: Tries): NextTry => {
  if (elsewhere && tries.untried > 0 && tries.remainingMs >= leastMs) return { again: true, waitMs: 0 }
  return later ? afterWait(fault.retryAfterMs, tries) : stop
}

/** Only `indeterminate` is retryable: no verdict that was reached comes here. */
export const afterAnswer = ({ retryable, retryAfterMs, valid }: Answer, tries: Tries): NextTry =>
  retryable && !valid ? afterWait(retryAfterMs, tries) : stop

/** Never earlier than the service asks for: jitter is added. A wait that the deadline does not allow is not begun. */
const afterWait = (askedMs = 0, { count, endpoints, jitter, remainingMs }: Tries): NextTry => {
  if (count >= rounds * endpoints) return stop
  const round = Math.ceil(count / endpoints) - 1
  const own = Math.min(backoffMs.greatest, backoffMs.least * 2 ** round) * (0.5 + jitter)
  const waitMs = Math.ceil(Math.max(own, askedMs * (1 + jitter / 10)))
  return waitMs + leastMs <= remainingMs ? { again: true, waitMs } : stop
}
