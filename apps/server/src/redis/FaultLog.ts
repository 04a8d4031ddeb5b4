/**
 * Faults of the shared cache: counts each by reason, and logs the first of a series.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect } from "effect"
import type { RedisError, RedisErrorReason } from "./RedisError.ts"

/** Errors of commands; faults of values: foreign or modified (`unsealable`), malformed (`undecodable`), too large. */
export type SharedFaultReason = RedisErrorReason | "unsealable" | "undecodable" | "oversized"

export interface FaultLog {
  /** Since the start of the process. */
  readonly counts: Readonly<Record<SharedFaultReason, number>>
  readonly note: (reason: SharedFaultReason, detail?: string) => Effect.Effect<void>
  readonly noteError: (error: RedisError) => Effect.Effect<void>
}

/** Milliseconds without a fault of a reason after which the next one is logged again. */
const quietMs = 60_000

export const makeFaultLog: Effect.Effect<FaultLog> = Effect.map(Clock.Clock, (clock) => {
  const counts: Record<SharedFaultReason, number> = {
    timeout: 0,
    connection: 0,
    refused: 0,
    open: 0,
    unsealable: 0,
    undecodable: 0,
    oversized: 0
  }
  const lastAt = new Map<SharedFaultReason, number>()

  const note = (reason: SharedFaultReason, detail?: string) =>
    Effect.suspend(() => {
      counts[reason] += 1
      const message = reason === "refused" && detail !== "WRONGTYPE" ? undefined : messages[reason]
      if (message === undefined) return Effect.void
      const now = monotonicMsOf(clock)
      const last = lastAt.get(reason)
      lastAt.set(reason, now)
      if (last !== undefined && now - last < quietMs) return Effect.void
      return Effect.logWarning(message).pipe(Effect.annotateLogs(detail === undefined ? {} : { why: detail }))
    })

  return { counts, note, noteError: (error) => note(error.reason, error.word ?? error.reason) }
})

// Time-outs and lost connections are logged by the breaker, refused commands by `Refusals.ts`.
const messages: { readonly [K in SharedFaultReason]?: string } = {
  refused: "Redis holds values of another type",
  unsealable: "Redis holds values that were not sealed for their key with our secrets",
  undecodable: "Redis holds values that are neither associations nor look-ups",
  oversized: "A value is too large for Redis"
}
