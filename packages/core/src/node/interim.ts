/**
 * Skips `100 Continue`: undici takes it for an error, but a client has to expect it even where it asked for none
 * (RFC 9110 §15.2, POSH-RES-51). undici skips the other interim responses itself.
 */
import type { Socket } from "node:net"

/**
 * Takes every `100 Continue` from the front of the stream, before any reader that listens later.
 *
 * **Details**
 *
 * What comes after them goes back to the socket untouched. So does what is no complete, well-formed head, or more of
 * them than `limit` octets: the real parser refuses it.
 */
export const skipContinue = (socket: Socket, limit: number): void => {
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

/** Too short to tell, or told and not yet complete. */
const couldBeContinue = (octets: Buffer): boolean =>
  isContinue(octets) || (octets.length < 13 && "HTTP/1.1 100".startsWith(octets.toString("latin1", 0, 12)))
