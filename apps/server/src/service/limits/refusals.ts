/**
 * Problems for callers over a limit.
 */
import { passingProblem, type Problem, problem } from "@posh/api"

/** A limit of the process is reached. */
export const overloaded = (detail: string): Problem => passingProblem("Overloaded", detail, 1_000)

/** The questions in flight are at their limit, in total or for this caller. */
export const full = (): Problem => overloaded("As many questions as may be are being answered.")

/** A rate limit of the caller is reached. */
export const tooMany = (detail: string, waitMs: number): Problem => passingProblem("TooManyRequests", detail, waitMs)

/** `limit`: octets. */
export const tooLarge = (limit: number): Problem => problem("PayloadTooLarge", `At most ${limit} octets are read.`)
