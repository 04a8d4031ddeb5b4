/**
 * What goes wrong with the shared cache, counted by reason, and logged when it begins.
 */
import { monotonicMsOf } from "@posh/core"
import { Clock, Effect } from "effect"
import type { RedisError, RedisErrorReason } from "./RedisError.ts"

/** Faults of commands, and of values: not ours or changed (`unsealable`), not sound (`undecodable`), too large. */
export type SharedFaultReason = RedisErrorReason | "unsealable" | "undecodable" | "oversized"

export interface FaultLog {
  /** Since the start. */
  readonly counts: Readonly<Record<SharedFaultReason, number>>
  readonly note: (reason: SharedFaultReason, detail?: string) => Effect.Effect<void>
  readonly noteError: (error: RedisError) => Effect.Effect<void>
}

/** A reason that was quiet for so long begins anew; milliseconds. */
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
      const message = messages[reason]
      if (message === undefined) return Effect.void
      const now = monotonicMsOf(clock)
      const last = lastAt.get(reason)
      lastAt.set(reason, now)
      if (last !== undefined && now - last < quietMs) return Effect.void
      return Effect.logWarning(message).pipe(Effect.annotateLogs(detail === undefined ? {} : { why: detail }))
    })

  return { counts, note, noteError: (error) => note(error.reason, error.message) }
})

// What the breaker logs needs no second line.
const messages: { readonly [K in SharedFaultReason]?: string } = {
  refused: "Redis refuses commands",
  unsealable: "Redis holds values that were not sealed for their key with our secrets",
  undecodable: "Redis holds values that are no associations",
  oversized: "A value is too large for Redis"
}
