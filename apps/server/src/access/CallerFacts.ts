/**
 * What a transport knows about the caller of a request before it reads the body. Members may be getters: each is read
 * at most once, and most are not read at all.
 */
import type { Peer } from "./certificateCaller.ts"

export interface CallerFacts {
  /** The value of `Authorization`, unparsed. */
  readonly authorization: string | undefined
  /** The address of the client: that of the connection, or what trusted proxies say. */
  readonly address: string
  /** A proxy relayed the request from another machine, or may have. */
  readonly isRelayed: boolean
  /** The client certificate of the connection, if the handshake verified one. */
  readonly peer: Peer | undefined
  /** `Host` and, if the target has absolute form, its authority. Unparsed; an empty string for a missing `Host`. */
  readonly authorities: ReadonlyArray<string>
  /** A web page of another origin sent the request. */
  readonly isForeign: boolean
  /** The path needs no key. */
  readonly isOpen: boolean
}
