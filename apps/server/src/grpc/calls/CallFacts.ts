/**
 * Facts about the caller, from the connection and the header of a call.
 */
import type { Socket } from "node:net"
import type { CallerFacts } from "../../access/CallerFacts.ts"
import { type Peer, peerOf } from "../../access/certificateCaller.ts"
import type { ClientAddress } from "../../access/forwarded/clientAddress.ts"
import type { TrustedNetworks } from "../../access/forwarded/TrustedProxies.ts"
import { isForeign } from "../../access/isForeign.ts"
import { clientBehindProxies } from "../../connections/clientBehindProxies.ts"
import { scopeOfMethod } from "../../methods.ts"
import type { Call } from "./Call.ts"

export class CallFacts implements CallerFacts {
  readonly #call: Call
  readonly #socket: Socket
  readonly #trusted: TrustedNetworks
  #resolved: ClientAddress | undefined = undefined

  /** `trusted`: networks of proxies whose fields count. */
  constructor(call: Call, socket: Socket, trusted: TrustedNetworks) {
    this.#call = call
    this.#socket = socket
    this.#trusted = trusted
  }

  get authorization(): string | undefined {
    return this.#call.headers.authorization
  }

  get address(): string {
    return this.#client.address
  }

  get isRelayed(): boolean {
    return this.#client.isRelayed
  }

  get #client(): ClientAddress {
    if (this.#resolved !== undefined) return this.#resolved
    const { headers } = this.#call
    const others = headers.via !== undefined || headers["x-real-ip"] !== undefined
    const fields = { forwarded: lines(headers["forwarded"]), forwardedFor: lines(headers["x-forwarded-for"]), others }
    return this.#resolved = clientBehindProxies(this.#socket, fields, this.#trusted)
  }

  get peer(): Peer | undefined {
    return peerOf(this.#socket)
  }

  get authorities(): ReadonlyArray<string> {
    const { authority, headers: { host = authority } } = this.#call
    return host === authority ? [authority] : [authority, host]
  }

  get isForeign(): boolean {
    const { authority, headers: { origin, "sec-fetch-site": site } } = this.#call
    return isForeign({ authority, origin, site: typeof site === "string" ? site : undefined })
  }

  get isOpen(): boolean {
    return scopeOfMethod(this.#call.method) === undefined
  }
}

const lines = (field: string | Array<string> | undefined): ReadonlyArray<string> =>
  field === undefined ? [] : typeof field === "string" ? [field] : field
