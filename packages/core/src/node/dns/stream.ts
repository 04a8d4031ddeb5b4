/**
 * DNS over a stream: TCP (RFC 7766) or TLS (RFC 7858). Queries share one connection, and answers come in any order.
 */
import { Effect, Result, type Scope } from "effect"
import type { Socket } from "node:net"
import { decodeMessage, type DnsMessage, type DnsQuestion, isAnswerTo } from "../../fetch/dns/DnsMessage.ts"
import type { DnsTransportError } from "../../fetch/dns/DnsTransport.ts"
import { daneLimits } from "../../Limits.ts"
import type { EgressError } from "../EgressError.ts"
import { type Ask, encoded, randomId, toTransportError, transportError, withLength } from "./ask.ts"
import { makeHearing, makeReused, type Reusable } from "./Reused.ts"

/** Asks over connections that `open` opens. An idle one is closed (RFC 7766 §6.2.3). `basis`: see {@link makeReused}. */
export const makeStream = (
  open: Effect.Effect<Socket, EgressError, Scope.Scope>,
  basis?: () => unknown
): Effect.Effect<Ask, never, Scope.Scope> =>
  Effect.map(
    makeReused(Effect.map(Effect.mapError(open, toTransportError), toConnection), basis),
    (connection) => (question) => Effect.flatMap(connection, ({ ask }) => ask(question))
  )

interface Connection extends Reusable {
  readonly ask: Ask
}

interface Pending {
  readonly question: DnsQuestion
  readonly settle: (result: Effect.Effect<DnsMessage, DnsTransportError>) => void
}

/** Milliseconds without traffic after which a connection is closed. */
const idleMs = 10_000

const closed = "the resolver closed the connection"

const toConnection = (socket: Socket): Connection => {
  const pending = new Map<number, Pending>()
  const hearing = makeHearing(socket)
  const state = { isRetired: false }
  const endIfDone = () => {
    if (state.isRetired && pending.size === 0) socket.destroy()
  }
  const end = (detail: string) => {
    socket.destroy()
    for (const { settle } of pending.values()) settle(Effect.fail(transportError(detail)))
    pending.clear()
  }
  const receive = makeReader((octets) => {
    const message = octets === undefined ? Result.fail("the answer is larger than 16 KiB") : decodeMessage(octets)
    if (Result.isFailure(message)) return end(message.failure)
    const waiting = pending.get(message.success.id)
    // RFC 7766 §7: what answers no query of ours, such as a late answer, is ignored.
    if (waiting === undefined || !isAnswerTo(message.success, waiting.question, message.success.id)) return
    waiting.settle(Effect.succeed(message.success))
  })
  socket.on("data", (octets: Buffer) => {
    hearing.heard()
    receive(octets)
  })
  socket.once("close", () => end(closed))
  socket.setTimeout(idleMs, () => {
    if (pending.size === 0) socket.destroy()
  })
  const ask: Ask = (question) =>
    Effect.suspend(() => {
      const id = randomId((taken) => pending.has(taken))
      const exchange = (octets: Uint8Array) =>
        Effect.callback<DnsMessage, DnsTransportError>((resume) => {
          pending.set(id, { question, settle: resume })
          if (socket.destroyed) return end(closed)
          socket.write(withLength(octets)) // in one write (RFC 7766 §8)
          return Effect.sync(hearing.unanswered)
        })
      return encoded(question, id).pipe(
        Effect.flatMap(exchange),
        Effect.ensuring(Effect.sync(() => {
          pending.delete(id)
          endIfDone()
        }))
      )
    })
  const retire = () => {
    state.isRetired = true
    endIfDone()
  }
  return { socket, ask, retire }
}

/** Cuts a stream into messages; gives `undefined` for one that is too large. */
const makeReader = (onMessage: (octets: Uint8Array | undefined) => void) => {
  const state = { octets: Buffer.alloc(0) }
  return (octets: Buffer): void => {
    state.octets = Buffer.concat([state.octets, octets])
    while (state.octets.length >= 2) {
      const end = 2 + state.octets.readUInt16BE(0)
      if (end - 2 > daneLimits.answerOctets) return onMessage(undefined)
      if (state.octets.length < end) return
      onMessage(state.octets.subarray(2, end))
      state.octets = state.octets.subarray(end)
    }
  }
}
