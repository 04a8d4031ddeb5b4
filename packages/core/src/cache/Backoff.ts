/**
 * For how long a failed resolution is remembered (POSH-CAC-31). Pure: chance is an argument (POSH-ERR-03).
 */
import { failures, isUnanswered } from "../codes.ts"
import type { ResolveError } from "../errors.ts"
import type { Absence } from "./AssociationStore.ts"

const second = 1_000
const floor = 30 * second
const backoffCap = 900 * second
const retryAfterCap = 3_600 * second
const jitter = 0.2

/**
 * The absence that follows a failure, or nothing where the failure says nothing about the origin.
 *
 * `chance` is in [0, 1).
 */
export const absenceAfter = (
  error: ResolveError,
  previous: Absence | undefined,
  now: number,
  chance: number
): Absence | undefined => {
  const { memory } = failures[error.code]
  if (memory === "never") return undefined
  const failuresInRow = countFailures(error, previous, now)
  return {
    error,
    learnedAt: now,
    until: now + Math.round(delay(error, failuresInRow, chance)),
    failures: failuresInRow,
    nothingPublished: error.code === "NotPublished" ||
      (isUnanswered(error.code) && previous?.nothingPublished === true)
  }
}

const delay = (error: ResolveError, failuresInRow: number, chance: number): number => {
  const { memory } = failures[error.code]
  if (typeof memory === "number") return memory * second
  const asked = Math.min(Math.max(error.retryAfterMs ?? 0, floor), retryAfterCap)
  if (memory === "retry-after") return asked
  const backoff = Math.min(floor * 2 ** Math.min(failuresInRow - 1, 10), backoffCap) *
    (1 - jitter + 2 * jitter * chance)
  // An origin in trouble may say when to come back (POSH-RES-45).
  return error.retryAfterMs === undefined ? backoff : Math.max(backoff, asked)
}

// A pause as long as the longest back-off ends a row of failures.
const countFailures = (error: ResolveError, previous: Absence | undefined, now: number): number =>
  failures[error.code].memory === "backoff" && previous !== undefined && now - previous.until < backoffCap
    ? previous.failures + 1
    : 1
