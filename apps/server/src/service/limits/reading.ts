/**
 * How far the reader of a long answer is ahead of the minimum rate. Pure.
 */
import { callerBounds } from "./bounds.ts"

/**
 * Octets by which the reader is ahead of the minimum rate, after `octets` more were sent in `ms`. Capped, because system
 * buffers accept much at once: no credit lasts longer than the allowed pause.
 */
export const balanceAfter = (balance: number, ms: number, octets: number): number =>
  Math.min(maxBalance, balance + octets - ms / 1_000 * callerBounds.answerProgress)

export const maxBalance = callerBounds.answerPauseMs / 1_000 * callerBounds.answerProgress
