/**
 * What callers are told who want more than there is.
 */
import { passingProblem, type Problem, problem } from "@posh/api"

/** The process is at its limit, whoever asks. */
export const overloaded = (detail: string): Problem => passingProblem("Overloaded", detail, 1_000)

/** All places are taken, or all that this caller may have. */
export const full = (): Problem => overloaded("As many questions as may be are being answered.")

/** The caller is over a rate of its own. */
export const tooMany = (detail: string, waitMs: number): Problem => passingProblem("TooManyRequests", detail, waitMs)

/** A body is longer than its reader takes. Octets. */
export const tooLarge = (limit: number): Problem => problem("PayloadTooLarge", `At most ${limit} octets are read.`)
