/**
 * The TTL of a failed resolution (POSH-CAC-31). Pure: the random number of the jitter is an argument (POSH-ERR-03).
 */
import type { ResolveError } from "../association/ResolveError.ts"
import { failures, isUnanswered } from "../codes.ts"
import type { NegativeEntry } from "./store/AssociationStore.ts"

const second = 1_000
const floor = 30 * second
const backoffCap = 900 * second
const retryAfterCap = 3_600 * second
const jitter = 0.2

/**
 * The negative entry of a failure; `undefined` if the failure is no statement about the origin. `chance` is in [0, 1).
 */
export const negativeAfter = (
  error: ResolveError,
  previous: NegativeEntry | undefined,
  now: number,
  chance: number
): NegativeEntry | undefined => {
  if (failures[error.code].negativeTtl === "never") return undefined
  const previousBackoff = previousBackoffOf(error, previous, now)
  const isRunning = previousBackoff !== undefined && now < previousBackoff.until
  const consecutiveFailures = previousBackoff === undefined
    ? 1
    : isRunning
    ? previousBackoff.failures
    : previousBackoff.failures + 1
  return {
    error,
    learnedAt: now,
    // A failure during a back-off does not count as a further one, so a caller that forces a refetch does not prolong the
    // back-off for others. Only `Retry-After` of the origin can (POSH-RES-45).
    until: isRunning
      ? Math.max(previousBackoff.until, now + (error.retryAfterMs === undefined ? 0 : toRetryAfterMs(error)))
      : now + Math.round(toTtlMs(error, consecutiveFailures, chance)),
    failures: consecutiveFailures,
    nothingPublished: error.code === "NotPublished" ||
      (isUnanswered(error.code) && previous?.nothingPublished === true)
  }
}

const toTtlMs = (error: ResolveError, consecutiveFailures: number, chance: number): number => {
  const { negativeTtl } = failures[error.code]
  if (typeof negativeTtl === "number") return negativeTtl * second
  const retryAfterMs = toRetryAfterMs(error)
  if (negativeTtl === "retry-after") return retryAfterMs
  const backoff = Math.min(floor * 2 ** Math.min(consecutiveFailures - 1, 10), backoffCap) *
    (1 - jitter + 2 * jitter * chance)
  // An origin that fails may send Retry-After (POSH-RES-45).
  return error.retryAfterMs === undefined ? backoff : Math.max(backoff, retryAfterMs)
}

/** `Retry-After`, clamped (POSH-CAC-31). */
const toRetryAfterMs = ({ retryAfterMs = 0 }: ResolveError): number =>
  Math.min(Math.max(retryAfterMs, floor), retryAfterCap)

/** The back-off that this failure continues. It starts anew after a pause as long as the longest back-off. */
const previousBackoffOf = (
  error: ResolveError,
  previous: NegativeEntry | undefined,
  now: number
): NegativeEntry | undefined =>
  isBackoff(error) && previous !== undefined && isBackoff(previous.error) && now - previous.until < backoffCap
    ? previous
    : undefined

const isBackoff = ({ code }: ResolveError): boolean => failures[code].negativeTtl === "backoff"
