/**
 * The state of a connection.
 */
import type { ServerResponse } from "node:http"
import type { Socket } from "node:net"

export interface Connection {
  /** The account of its last request. */
  account: string | undefined
  /** The response to its last request. */
  lastResponse: ServerResponse | undefined
  /** Pending responses, in order; `undefined` before the first request. */
  waiting: Array<ServerResponse> | undefined
  /** Too many were pending: further requests get no response. */
  isOver: boolean
  /** Its final response is sent, because nothing more can be read from it. */
  isEnded: boolean
  /** The client CA of its handshake, empty without one; `undefined` before the handshake and without TLS. */
  letInBy: string | undefined
  /** The address of the client by the PROXY protocol. */
  source: string | undefined
  /** Octets of the PROXY protocol that were read before HTTP. */
  preamble: number
}

/** The address of the client, as far as the connection tells. */
export const clientOf = (socket: Socket): string => connectionOf(socket).source ?? socket.remoteAddress ?? ""

/** `socket`: the one on which requests arrive, which is the TLS socket with TLS. */
export const connectionOf = (socket: object): Connection => (socket as Carrier)[connectionKey] ??= begin()

const begin = (): Connection => ({
  account: undefined,
  lastResponse: undefined,
  waiting: undefined,
  isOver: false,
  isEnded: false,
  letInBy: undefined,
  source: undefined,
  preamble: 0
})

// A property of the socket, because a WeakMap is expensive for the garbage collector.
const connectionKey = Symbol("connection")
interface Carrier {
  [connectionKey]?: Connection
}
