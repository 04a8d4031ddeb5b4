/**
 * Finds connections that send much that belongs to no call: PING, SETTINGS and WINDOW_UPDATE frames, of which each is valid, cost the
 * event loop and nothing in the memory of the service. Looked at every few seconds.
 */
import { callLimits } from "../calls/limits.ts"

/** Octets and calls of a connection since its beginning. */
export interface Totals {
  readonly read: number
  readonly written: number
  /** Octets of bodies. */
  readonly received: number
  readonly calls: number
}

/** True if there was more since the last look than calls can explain. */
export type IsFlood = (totals: Totals) => boolean

export const makeIsFlood = (): IsFlood => {
  let last: Totals = { read: 0, written: 0, received: 0, calls: 0 }
  return (totals) => {
    const explained = callLimits.idleOctets + (totals.calls - last.calls) * octetsOfCall +
      (totals.received - last.received) * framing + (totals.written - last.written) * shareOfReader
    const read = totals.read - last.read
    last = totals
    return read > explained
  }
}

/** A header, and as much of a body as arrives before it is read. */
const octetsOfCall = callLimits.header + 64 * 1024

/** Frames, and records of TLS, take some 30 octets beside a message of a hundred. */
const framing = 4

/** A reader sends updates of windows, and a PING for an answer to measure the network: 17 octets for some hundred. */
const shareOfReader = 1 / 4
