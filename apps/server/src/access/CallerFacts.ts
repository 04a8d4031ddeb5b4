/**
 * What a transport knows about the caller of a request before it reads the body. Members may be getters: each is read
 * at most once, and most are not read at all.
 */
import type { Peer } from "./certificateCaller.ts"

export interface CallerFacts {
  /** The value of `Authorization`, unparsed. */
  readonly authorization: string | undefined
  /** The remote address of the connection. */
  readonly address: string
  /** The client certificate of the connection, if the handshake verified one. */
  readonly peer: Peer | undefined
  /** The authorities that the request addresses, unparsed; an empty string for a missing one. */
  readonly authorities: ReadonlyArray<string>
  /** A web page of another origin sent the request. */
  readonly isForeign: boolean
  /** The path needs no key. */
  readonly isOpen: boolean
}
