/**
 * Skips `100 Continue`. undici treats it as an error, but a client must accept it even if it did not send `Expect`
 * (RFC 9110 §15.2, POSH-RES-51). undici skips the other interim responses itself.
 */
import type { Socket } from "node:net"

/**
 * Removes every leading `100 Continue` from the stream, before any later listener reads it.
 *
 * **Details**
 *
 * All other octets go back to the socket unchanged. So do incomplete or malformed heads, and interim responses beyond
 * `limit` octets: the HTTP parser refuses them. `onRest` gets the first of these octets.
 */
export const skipContinue = (socket: Socket, limit: number, onRest: (octets: Uint8Array) => void): void => {
  const state: { held: Buffer; budget: number } = { held: Buffer.alloc(0), budget: limit }
  const onReadable = () => {
    const arrived: Buffer | null = socket.read()
    if (arrived === null) return
    const octets = state.held.length === 0 ? arrived : Buffer.concat([state.held, arrived])
    const rest = withoutContinue(octets, state.budget)
    state.budget -= octets.length - rest.length
    if (couldBeContinue(rest) && rest.length < state.budget) {
      state.held = rest
      return
    }
    socket.off("readable", onReadable)
    onRest(rest)
    socket.unshift(rest)
  }
  socket.on("readable", onReadable)
}

const statusLine = /^HTTP\/1\.[01] 100[ \r]/
const headEnd = "\r\n\r\n"

const withoutContinue = (octets: Buffer, budget: number): Buffer => {
  if (!isContinue(octets)) return octets
  const end = octets.indexOf(headEnd)
  const size = end + headEnd.length
  return end === -1 || size > budget ? octets : withoutContinue(octets.subarray(size), budget - size)
}

const isContinue = (octets: Buffer) => statusLine.test(octets.toString("latin1", 0, 13))

/** Too short to decide, or an incomplete `100 Continue`. */
const couldBeContinue = (octets: Buffer): boolean =>
  isContinue(octets) || (octets.length < 13 && "HTTP/1.1 100".startsWith(octets.toString("latin1", 0, 12)))
