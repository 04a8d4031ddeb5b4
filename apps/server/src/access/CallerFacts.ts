/**
 * What a transport knows of the caller of a request before it reads what is asked. Read at most once each, and mostly not at
 * all, so what is not at hand may be a getter.
 */
import type { Peer } from "./certificateCaller.ts"

export interface CallerFacts {
  /** The value of `Authorization`, as it came. */
  readonly authorization: string | undefined
  /** The address at the other end of the connection. */
  readonly address: string
  /** Whom the client certificate of the connection names, where the handshake has checked one. */
  readonly peer: Peer | undefined
  /** The names by which the service is asked, as they are written; empty where one is missing. */
  readonly authorities: ReadonlyArray<string>
  /** Does a web page of another origin ask? */
  readonly isForeign: boolean
  /** Does what is asked for need no key? */
  readonly isOpen: boolean
}
