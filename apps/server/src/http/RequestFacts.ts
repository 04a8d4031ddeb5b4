/**
 * Facts about the caller, from the connection and the header of a request.
 */
import type { IpNetwork } from "effect/net"
import type { IncomingMessage } from "node:http"
import type { CallerFacts } from "../access/CallerFacts.ts"
import { type Peer, peerOf } from "../access/certificateCaller.ts"
import { type ClientAddress, clientAddress, isLoopback } from "../access/forwarded/clientAddress.ts"
import { isOpen } from "../routes.ts"
import type { Exchange } from "./Exchange.ts"
import { clientOf, connectionOf } from "./listener/Connection.ts"

export class RequestFacts implements CallerFacts {
  readonly #request: IncomingMessage
  readonly #authority: string | undefined
  readonly #trusted: Trusted
  #resolved: ClientAddress | undefined = undefined

  /** `trusted`: networks of proxies whose fields count. */
  constructor({ authority, request }: Pick<Exchange, "authority" | "request">, trusted: Trusted = []) {
    this.#trusted = trusted
    this.#request = request
    this.#authority = authority
  }

  get authorization(): string | undefined {
    return this.#request.headers.authorization
  }

  get address(): string {
    return this.#client.address
  }

  get isRelayed(): boolean {
    return this.#client.isRelayed
  }

  get #client(): ClientAddress {
    return this.#resolved ??= clientBehind(this.#request, this.#trusted)
  }

  get peer(): Peer | undefined {
    return peerOf(this.#request.socket)
  }

  get authorities(): ReadonlyArray<string> {
    const host = this.#request.headers.host ?? ""
    return this.#authority === undefined ? [host] : [host, this.#authority]
  }

  get isForeign(): boolean {
    return isForeign(this.#request)
  }

  get isOpen(): boolean {
    return isOpen(this.#request.url ?? "")
  }
}

type Trusted = ReadonlyArray<IpNetwork.IpNetwork>

const clientBehind = (request: IncomingMessage, trusted: Trusted): ClientAddress => {
  const { headers, socket } = request
  const peer = clientOf(socket)
  const has = headers["forwarded"] !== undefined || headers["x-forwarded-for"] !== undefined
  const others = headers.via !== undefined || headers["x-real-ip"] !== undefined
  // The usual case, on the hot path.
  if (!has && !others && connectionOf(socket).source === undefined) return { address: peer, isRelayed: false }
  const { forwarded = [], "x-forwarded-for": forwardedFor = [] } = has ? request.headersDistinct : {}
  const client = clientAddress(peer, { forwarded, forwardedFor, others }, trusted)
  return client.isRelayed || connectionOf(socket).source === undefined || isLoopback(client.address)
    ? client
    : { ...client, isRelayed: true }
}

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
