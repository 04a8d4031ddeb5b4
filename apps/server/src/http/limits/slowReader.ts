/**
 * An answer in portions holds the places of its questions until it is out, so its caller has to take it.
 */
import { monotonicMsOf } from "@posh/core"
import { Clock, Effect } from "effect"
import type { ServerResponse } from "node:http"
import { callerBounds } from "../../service/limits/bounds.ts"

/** Ends the connection of an answer that is sent too slowly. */
export const closeSlowReader = (response: ServerResponse): Effect.Effect<void> =>
  Effect.flatMap(Clock.Clock, (clock) => {
    let last: { readonly ms: number; readonly sent: number } | undefined
    let balance: number = maxBalance
    const poll: Effect.Effect<void> = Effect.suspend(() => {
      const { socket } = response
      if (response.writableFinished || response.destroyed) return Effect.void
      if (socket === null) return Effect.delay(poll, pollMs) // others of its connection come first
      const now = { ms: monotonicMsOf(clock), sent: sentOctets(socket) }
      if (last !== undefined) balance = balanceAfter(balance, now.ms - last.ms, now.sent - last.sent)
      last = now
      return balance < 0 ? Effect.sync(() => void socket.destroy()) : Effect.delay(poll, pollMs)
    })
    return poll
  })

/**
 * What an answer is ahead of the least rate, in octets, when so much more was sent in such a time. What buffers of the
 * system take at once counts for no longer than a pause may be.
 */
export const balanceAfter = (balance: number, ms: number, octets: number): number =>
  Math.min(maxBalance, balance + octets - ms / 1_000 * callerBounds.answerProgress)

export const maxBalance = callerBounds.answerPauseMs / 1_000 * callerBounds.answerProgress

const pollMs = 5_000

/** Octets that have left the process. */
const sentOctets = ({ bytesWritten, writableLength }: NonNullable<ServerResponse["socket"]>): number =>
  bytesWritten - writableLength
