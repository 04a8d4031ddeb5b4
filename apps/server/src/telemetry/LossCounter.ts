/**
 * What goes out and what is lost on the way, counted. The log has one line when losing begins and one when it ends, not one
 * for each time.
 */
import { Effect } from "effect"
import type { Cell } from "./Metrics.ts"

export interface LossCounterOptions {
  readonly sent: Cell
  readonly lost: Cell
  /** Said when something goes out after a loss. */
  readonly again: string
}

export interface LossCounter {
  readonly isLosing: () => boolean
  readonly sent: (count: number) => Effect.Effect<void>
  /** `message` and `why` are said where this loss is the first after a success. */
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
