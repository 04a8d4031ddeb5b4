/**
 * What a request says of its caller before anybody reads its body.
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

/** RFC 9112 §3.2: what a request must not be without, and must not have twice. `undefined`: nothing is wrong. */
export const hostFault = ({ httpVersionMajor, httpVersionMinor, rawHeaders }: IncomingMessage): string | undefined => {
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ""
    if (name.length === 4 && name.toLowerCase() === "host") hosts += 1
  }
  if (hosts > 1) return "The request has more than one Host."
  return hosts === 0 && httpVersionMajor === 1 && httpVersionMinor >= 1 ? "The request has no Host." : undefined
}

/** Who is addressed by this request, each as it is written. Of a target in absolute form both count (RFC 9112 §3.2.2). */
const authoritiesOf = ({ headers: { host }, url = "" }: IncomingMessage): ReadonlyArray<string> => [
  host ?? "",
  ...(url.startsWith("/") || url === "*" ? [] : [/^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? ""])
]

/**
 * Was this request made by a web page of another origin? Browsers say so in a field that pages cannot set
 * (`Sec-Fetch-Site`, W3C Fetch Metadata), and in `Origin` (RFC 6454 §7); programs that are no browsers say nothing.
 */
const isForeign = ({ headers: { host = "", origin, "sec-fetch-site": site } }: IncomingMessage): boolean => {
  if (site !== undefined && site !== "same-origin" && site !== "none") return true
  if (origin === undefined) return false
  // A proxy that ends TLS makes another scheme of it, and no page can choose host and port of its own origin.
  return withoutDefaultPort(/^https?:\/\/([^/]+)$/i.exec(origin)?.[1] ?? "") !== withoutDefaultPort(host) || host === ""
}

const withoutDefaultPort = (authority: string): string => authority.toLowerCase().replace(/:(?:80|443)$/, "")
