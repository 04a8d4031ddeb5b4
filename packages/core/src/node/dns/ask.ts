/**
 * What all transports do with a query: a random id, and an answer that is one to it (RFC 5452 §9).
 */
import { Effect, Result } from "effect"
import { randomInt } from "node:crypto"
import { type DnsMessage, type DnsQuestion, encodeQuery } from "../../fetch/dns/DnsMessage.ts"
import { DnsTransportError } from "../../fetch/dns/DnsTransport.ts"
import type { EgressError } from "../EgressError.ts"

/** One query over one transport. */
export type Ask = (question: DnsQuestion) => Effect.Effect<DnsMessage, DnsTransportError>

/** From a source that cannot be guessed, and other than those in use. */
export const randomId = (isTaken: (id: number) => boolean = () => false): number => {
  for (;;) {
    const id = randomInt(0x1_0000)
    if (!isTaken(id)) return id
  }
}

export const encoded = (question: DnsQuestion, id: number): Effect.Effect<Uint8Array, DnsTransportError> =>
  Effect.fromResult(Result.mapError(encodeQuery(question, id), transportError))

export const transportError = (detail: string): DnsTransportError => new DnsTransportError({ detail })

/** An error of connecting; `detail` names its code, and no text of the network. */
export const toTransportError = ({ code, detail }: EgressError): DnsTransportError =>
  transportError(`the resolver cannot be reached: ${code}${detail === undefined ? "" : ` (${detail})`}`)

/** RFC 1035 §4.2.2: messages in a stream have their length before them. */
export const withLength = (octets: Uint8Array): Buffer => {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(octets.length)
  return Buffer.concat([length, octets])
}
