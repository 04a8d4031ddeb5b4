/**
 * The listener over TLS: as the plain one in all that concerns HTTP.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { Server } from "node:https"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { type Tls, toTlsOptions } from "../access/Tls.ts"
import {
  bringsRequest,
  endSoon,
  type Gate,
  inactivityMs,
  isTaken,
  type Lane,
  type Lanes,
  limits,
  refuseExpectation,
  refuseUnreadable,
  type RequestArguments
} from "./Listener.ts"

export class TlsListener extends Server implements Lanes {
  readonly scheme = "https"
  observe?: NonNullable<Lanes["observe"]>
  answered?: NonNullable<Lanes["answered"]>
  gate?: Gate
  fastLane?: Lane
  isDraining = false
  #clientCa: string | undefined
  /** Connections whose handshake is under way, by their other end. */
  readonly #shaking = new Map<string, Socket>()
  /** The client CA by which a connection was let in. */
  readonly #letInBy = new WeakMap<Duplex, string>()

  constructor(tls: Tls) {
    super({ ...limits, ...toTlsOptions(tls) })
    this.timeout = inactivityMs
    this.#clientCa = tls.clientCa
    this.on("connection", (socket: Socket) => {
      const end = otherEnd(socket)
      this.#shaking.set(end, socket)
      socket.once("close", () => this.#shaking.delete(end))
    })
    this.on("secureConnection", (socket) => {
      this.#shaking.delete(otherEnd(socket))
      this.#letInBy.set(socket, this.#clientCa ?? "")
    })
    this.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
      // No TLS, such as plain HTTP: there is nobody to whom an answer could be said.
      if (this.#letInBy.has(socket)) refuseUnreadable(error, socket)
      else socket.destroy()
    })
    this.on("checkExpectation", refuseExpectation)
  }

  /** Uses other files for connections from now on. */
  renew(tls: Tls): void {
    this.setSecureContext(toTlsOptions(tls))
    this.#clientCa = tls.clientCa
  }

  /** Goes on answering, and asks callers to connect anew, which leads them elsewhere. */
  drain(): void {
    this.isDraining = true
  }

  /** As that of the plain listener; a handshake under way is no request. */
  override close(onClosed?: (error?: Error) => void): this {
    endSoon(this)
    for (const socket of this.#shaking.values()) socket.destroy()
    return super.close(onClosed)
  }

  override emit(event: string, ...args: ReadonlyArray<unknown>): boolean {
    if (bringsRequest(event)) this.#endAfterAnswer(...args as RequestArguments)
    return isTaken(this, event, args) || super.emit(event, ...args)
  }

  /** Who was let in by a CA that is no longer ours gets this answer, and has to come in anew. */
  #endAfterAnswer({ socket }: IncomingMessage, response: ServerResponse): void {
    if (this.#letInBy.get(socket) !== (this.#clientCa ?? "")) response.shouldKeepAlive = false
  }
}

const otherEnd = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`
