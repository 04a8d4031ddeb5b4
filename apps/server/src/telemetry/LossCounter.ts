/**
 * Counts items that are sent and items that are lost. Logs only the first loss and the recovery, not every loss.
 */
import { Effect } from "effect"
import type { Cell } from "./Metrics.ts"

export interface LossCounterOptions {
  readonly sent: Cell
  readonly lost: Cell
  /** Message of the recovery: the first success after a loss. */
  readonly again: string
}

export interface LossCounter {
  readonly isLosing: () => boolean
  readonly sent: (count: number) => Effect.Effect<void>
  /** `message` and `why` are logged if this is the first loss after a success. */
  readonly lost: (count: number, message: string, why: string) => Effect.Effect<void>
}

export const makeLossCounter = ({ again, lost, sent }: LossCounterOptions): LossCounter => {
  let isLosing = false
  return {
    isLosing: () => isLosing,
    sent: (count) =>
      Effect.suspend(() => {
        sent.value += count
        if (!isLosing) return Effect.void
        isLosing = false
        return Effect.logInfo(again)
      }),
    lost: (count, message, why) =>
      Effect.suspend(() => {
        lost.value += count
        if (isLosing) return Effect.void
        isLosing = true
        return Effect.logWarning(message).pipe(Effect.annotateLogs({ why }))
      })
  }
}
