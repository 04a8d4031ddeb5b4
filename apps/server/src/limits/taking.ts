/**
 * An answer in portions holds the places of its questions until it is out, so its caller has to take it.
 */
import { monotonicMsOf } from "@posh/core"
import { Clock, Effect } from "effect"
import type { ServerResponse } from "node:http"
import { callerBounds } from "./bounds.ts"

/** Ends the connection of an answer that is taken too slowly; over its whole time, because networks move in bursts. */
export const watchTaking = (response: ServerResponse): Effect.Effect<void> =>
  Effect.flatMap(Clock.Clock, (clock) => {
    /** Since it is its turn among the answers of its connection. */
    let since: { readonly ms: number; readonly taken: number } | undefined
    const look: Effect.Effect<void> = Effect.suspend(() => {
      const { socket } = response
      if (response.writableFinished || response.destroyed) return Effect.void
      if (socket === null) return Effect.delay(look, lookMs)
      const ms = monotonicMsOf(clock)
      const taken = takenOf(socket)
      since ??= { ms, taken }
      if (!isTooSlow(ms - since.ms, taken - since.taken)) return Effect.delay(look, lookMs)
      return Effect.sync(() => void socket.destroy())
    })
    return look
  })

/** Has an answer been taken too slowly, of which so much was taken in such a time? */
export const isTooSlow = (ms: number, octets: number): boolean =>
  octets < (ms - callerBounds.answerGraceMs) / 1_000 * callerBounds.answerProgress

const lookMs = 5_000

/** Octets that have left the process. */
const takenOf = ({ bytesWritten, writableLength }: NonNullable<ServerResponse["socket"]>): number =>
  bytesWritten - writableLength
