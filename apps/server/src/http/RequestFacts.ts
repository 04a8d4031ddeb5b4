/**
 * Facts about the caller, from the connection and the header of a request.
 */
import type { IncomingMessage } from "node:http"
import type { CallerFacts } from "../access/CallerFacts.ts"
import { type Peer, peerOf } from "../access/certificateCaller.ts"
import { isOpen } from "../routes.ts"

export class RequestFacts implements CallerFacts {
  readonly #request: IncomingMessage

  constructor(request: IncomingMessage) {
    this.#request = request
  }

  get authorization(): string | undefined {
    return this.#request.headers.authorization
  }

  get address(): string {
    return this.#request.socket.remoteAddress ?? ""
  }

  get peer(): Peer | undefined {
    return peerOf(this.#request.socket)
  }

  get authorities(): ReadonlyArray<string> {
    return authoritiesOf(this.#request)
  }

  get isForeign(): boolean {
    return isForeign(this.#request)
  }

  get isOpen(): boolean {
    return isOpen(this.#request.url ?? "")
  }
}

/** RFC 9112 §3.2: a request of HTTP/1.1 needs exactly one `Host`. Returns the fault, if any. */
export const hostFault = ({ httpVersionMajor, httpVersionMinor, rawHeaders }: IncomingMessage): string | undefined => {
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ""
    if (name.length === 4 && name.toLowerCase() === "host") hosts += 1
  }
  if (hosts > 1) return "The request has more than one Host."
  return hosts === 0 && httpVersionMajor === 1 && httpVersionMinor >= 1 ? "The request has no Host." : undefined
}

/** `Host` and, if the target has absolute form, its authority (RFC 9112 §3.2.2). Unparsed. */
const authoritiesOf = ({ headers: { host }, url = "" }: IncomingMessage): ReadonlyArray<string> => [
  host ?? "",
  ...(url.startsWith("/") || url === "*" ? [] : [/^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? ""])
]

/**
 * True if a web page of another origin sent the request. Browsers set `Sec-Fetch-Site` (W3C Fetch Metadata), which pages
 * cannot change, and `Origin` (RFC 6454 §7); other clients send neither.
 */
const isForeign = ({ headers: { host = "", origin, "sec-fetch-site": site } }: IncomingMessage): boolean => {
  if (site !== undefined && site !== "same-origin" && site !== "none") return true
  if (origin === undefined) return false
  // Without the scheme: a proxy that terminates TLS changes it, and a page cannot choose host and port of its origin.
  return withoutDefaultPort(/^https?:\/\/([^/]+)$/i.exec(origin)?.[1] ?? "") !== withoutDefaultPort(host) || host === ""
}

const withoutDefaultPort = (authority: string): string => authority.toLowerCase().replace(/:(?:80|443)$/, "")
