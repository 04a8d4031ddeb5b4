/**
 * What a call has received and sent so far, to find those that are too slow. Looked at every few seconds; counting costs an addition.
 */
import { callerBounds } from "../../service/limits/bounds.ts"
import { balanceAfter, maxBalance } from "../../service/limits/reading.ts"
import { callLimits } from "./limits.ts"

export class Transfer {
  /** Octets of the request that were read. */
  received = 0
  /** Octets of the answer that were given to Node.js. */
  written = 0
  /** The service waits for octets of the request: it has read all that came. */
  isAwaited = false
  /** True while memory is reserved for octets of the request that have not arrived. */
  isArriving: () => boolean = () => false
  #counted = 0

  /** Octets of the request that were read since this was last asked. */
  takeReceived(): number {
    const some = this.received - this.#counted
    this.#counted = this.received
    return some
  }
}

/** What is known of a call at one look. `now`: milliseconds of the monotonic clock. */
export interface Look {
  readonly now: number
  /** Octets of the answer that the caller has not read. */
  readonly unread: number
  /** It may last as long as its caller likes. */
  readonly isStream: boolean
  /** Its request may take as long as its caller likes: one without a word is of no use. A watch of health is. */
  readonly isOpenEnded: boolean
}

/** Returns why a call is too slow. */
export type Pace = (transfer: Transfer, look: Look) => Slowness | undefined

/** `sender`: of a long message. `reader`: of its answer. `idle`: nothing is sent either way. */
export type Slowness = "sender" | "reader" | "idle"

export const makePace = (startedAt: number): Pace => {
  let last = { at: startedAt, sent: 0, received: 0, unread: 0 }
  let movedAt = startedAt
  let readAt = startedAt
  let balance: number = maxBalance
  let arriving: { readonly at: number; readonly received: number } | undefined
  return (transfer, { isOpenEnded, isStream, now, unread }) => {
    const { received, written } = transfer
    const sent = written - unread
    const ms = now - last.at
    if (sent !== last.sent || received !== last.received) movedAt = now
    if (unread === 0 || sent !== last.sent || unread !== last.unread) readAt = now
    // A stream holds no more than its flow control, whoever reads how slowly; another answer holds places in flight.
    balance = isStream || unread === 0 ? maxBalance : balanceAfter(balance, ms, sent - last.sent)
    last = { at: now, sent, received, unread }
    if (now - readAt > callerBounds.answerPauseMs || balance < 0) return "reader"
    if (isOpenEnded && now - movedAt > callLimits.idleStreamMs) return "idle"
    if (!transfer.isAwaited || !transfer.isArriving()) {
      arriving = undefined
      return undefined
    }
    if (arriving === undefined) arriving = { at: now, received }
    const seconds = (now - arriving.at) / 1_000
    if (seconds < progressSeconds) return undefined
    const isSlow = received - arriving.received < seconds * callerBounds.bodyProgress
    arriving = { at: now, received }
    return isSlow ? "sender" : undefined
  }
}

/** As on HTTP. */
const progressSeconds = 5
