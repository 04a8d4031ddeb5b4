/**
 * Disconnects slow readers: a response in portions holds places in flight until it is read.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect } from "effect"
import type { ServerResponse } from "node:http"
import { balanceAfter, maxBalance } from "../../service/limits/reading.ts"

/** Closes the connection if the response is read too slowly. */
export const closeSlowReader = (response: ServerResponse): Effect.Effect<void> =>
  Effect.flatMap(Clock.Clock, (clock) => {
    let last: { readonly ms: number; readonly sent: number } | undefined
    let balance: number = maxBalance
    const poll: Effect.Effect<void> = Effect.suspend(() => {
      const { socket } = response
      if (response.writableFinished || response.destroyed) return Effect.void
      if (socket === null) return Effect.delay(poll, pollMs) // earlier responses of the connection come first
      const now = { ms: monotonicMsOf(clock), sent: sentOctets(socket) }
      if (last !== undefined) balance = balanceAfter(balance, now.ms - last.ms, now.sent - last.sent)
      last = now
      return balance < 0 ? Effect.sync(() => void socket.destroy()) : Effect.delay(poll, pollMs)
    })
    return poll
  })

const pollMs = 5_000

/** Octets that left the process. */
const sentOctets = ({ bytesWritten, writableLength }: NonNullable<ServerResponse["socket"]>): number =>
  bytesWritten - writableLength
