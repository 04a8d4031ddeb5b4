/**
 * Facts about the caller, from the connection and the header of a request.
 */
import type { IpNetwork } from "effect/net"
import type { IncomingMessage } from "node:http"
import type { CallerFacts } from "../access/CallerFacts.ts"
import { type Peer, peerOf } from "../access/certificateCaller.ts"
import type { ClientAddress } from "../access/forwarded/clientAddress.ts"
import { isForeign } from "../access/isForeign.ts"
import { clientBehindProxies } from "../connections/clientBehindProxies.ts"
import { clientOf, connectionOf } from "../connections/Connection.ts"
import { isOpen } from "../routes.ts"
import type { Exchange } from "./Exchange.ts"

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
    const { host = "", origin, "sec-fetch-site": site } = this.#request.headers
    return isForeign({ authority: host, origin, site: typeof site === "string" ? site : undefined })
  }

  get isOpen(): boolean {
    return isOpen(this.#request.url ?? "")
  }
}

type Trusted = ReadonlyArray<IpNetwork.IpNetwork>

const clientBehind = (request: IncomingMessage, trusted: Trusted): ClientAddress => {
  const { headers, socket } = request
  const has = headers["forwarded"] !== undefined || headers["x-forwarded-for"] !== undefined
  const others = headers.via !== undefined || headers["x-real-ip"] !== undefined
  // The usual case, on the hot path.
  if (!has && !others && connectionOf(socket).source === undefined) {
    return { address: clientOf(socket), isRelayed: false }
  }
  const { forwarded = [], "x-forwarded-for": forwardedFor = [] } = has ? request.headersDistinct : {}
  return clientBehindProxies(socket, { forwarded, forwardedFor, others }, trusted)
}
