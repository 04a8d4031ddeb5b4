/**
 * DNS over UDP (RFC 1035 §4.2.1).
 */
import { Effect, Result } from "effect"
import { createSocket } from "node:dgram"
import { isIPv6 } from "node:net"
import { decodeMessage, type DnsMessage, type DnsQuestion, isAnswerTo } from "../../fetch/dns/DnsMessage.ts"
import type { DnsTransportError } from "../../fetch/dns/DnsTransport.ts"
import { type Ask, encoded, randomId, transportError } from "./ask.ts"

/**
 * Sends a query from a port of its own, which the system picks at random, and waits for its answer.
 *
 * **Details**
 *
 * The socket is connected, so the system drops datagrams from elsewhere. Datagrams that are late, malformed or answers to
 * another query are ignored: the caller limits the time. A truncated answer is one.
 */
export const makeUdp = (address: string, port: number): Ask => (question) =>
  Effect.suspend(() => {
    const id = randomId() // another one for each try
    return Effect.flatMap(encoded(question, id), (octets) => exchange({ address, port, question, id, octets }))
  })

interface Datagram {
  readonly address: string
  readonly port: number
  readonly question: DnsQuestion
  readonly id: number
  readonly octets: Uint8Array
}

const exchange = (
  { address, id, octets, port, question }: Datagram
): Effect.Effect<DnsMessage, DnsTransportError> =>
  Effect.callback((resume) => {
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4")
    const fail = (error: NodeJS.ErrnoException | null) => {
      if (error !== null) {
        resume(Effect.fail(transportError(`the resolver cannot be reached: ${error.code ?? "unknown"}`)))
      }
    }
    socket.on("error", fail) // ECONNREFUSED: nobody listens there
    socket.on("message", (datagram) => {
      const message = decodeMessage(datagram)
      if (Result.isSuccess(message) && isAnswerTo(message.success, question, id)) {
        resume(Effect.succeed(message.success))
      }
    })
    socket.connect(port, address, (error?: NodeJS.ErrnoException) => {
      if (error !== undefined && error !== null) return fail(error)
      socket.send(octets, fail)
    })
    return Effect.sync(() => socket.close())
  })
