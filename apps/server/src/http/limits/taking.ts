/**
 * An answer in portions holds the places of its questions until it is out, so its caller has to take it.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect } from "effect"
import type { ServerResponse } from "node:http"
import { callerBounds } from "../../service/limits/bounds.ts"

/** Ends the connection of an answer that is taken too slowly. */
export const watchTaking = (response: ServerResponse): Effect.Effect<void> =>
  Effect.flatMap(Clock.Clock, (clock) => {
    let last: { readonly ms: number; readonly taken: number } | undefined
    let balance: number = mostBalance
    const look: Effect.Effect<void> = Effect.suspend(() => {
      const { socket } = response
      if (response.writableFinished || response.destroyed) return Effect.void
      if (socket === null) return Effect.delay(look, lookMs) // others of its connection come first
      const now = { ms: monotonicMsOf(clock), taken: takenOf(socket) }
      if (last !== undefined) balance = balanceAfter(balance, now.ms - last.ms, now.taken - last.taken)
      last = now
      return balance < 0 ? Effect.sync(() => void socket.destroy()) : Effect.delay(look, lookMs)
    })
    return look
  })

/**
 * What an answer is ahead of the least rate, in octets, when so much more was taken in such a time. What buffers of the
 * system take at once counts for no longer than a pause may be.
 */
export const balanceAfter = (balance: number, ms: number, octets: number): number =>
  Math.min(mostBalance, balance + octets - ms / 1_000 * callerBounds.answerProgress)

export const mostBalance = callerBounds.answerPauseMs / 1_000 * callerBounds.answerProgress

const lookMs = 5_000

/** Octets that have left the process. */
const takenOf = ({ bytesWritten, writableLength }: NonNullable<ServerResponse["socket"]>): number =>
  bytesWritten - writableLength
