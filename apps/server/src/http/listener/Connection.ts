/**
 * What is known of a connection, from its first request to its end.
 */
import type { ServerResponse } from "node:http"

export interface Connection {
  /** Who asks on it; of several, who asked last. */
  account: string | undefined
  /** The response of the last request that was begun. */
  lastResponse: ServerResponse | undefined
  /** Responses that are not out yet, in order; none before the first. */
  waiting: Array<ServerResponse> | undefined
  /** Have there been too many of them? Then nothing is answered any more. */
  isOver: boolean
  /** Has it got its last octets, because nothing more of it can be read? */
  isEnded: boolean
  /** The client CA by which it was let in, empty without one; of a connection over TLS whose handshake is done. */
  letInBy: string | undefined
}

/** `socket` is the one on which requests arrive: with TLS the one above that of the connection. */
export const connectionOf = (socket: object): Connection => (socket as Carrier)[connectionKey] ??= begin()

const begin = (): Connection => ({
  account: undefined,
  lastResponse: undefined,
  waiting: undefined,
  isOver: false,
  isEnded: false,
  letInBy: undefined
})

// On the socket itself: a weak map would be more work for the garbage collector.
const connectionKey = Symbol("connection")
interface Carrier {
  [connectionKey]?: Connection
}
