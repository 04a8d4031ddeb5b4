/**
 * The HTTP servers of Node.js, plain and over TLS, with limits on slow callers and an end that does not wait for idle
 * ones.
 */
import { problem, problemMediaType } from "@posh/api"
import { type IncomingMessage, Server, type ServerResponse } from "node:http"
import { Server as HttpsServer } from "node:https"
import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { type Tls, toTlsOptions } from "../access/Tls.ts"

// Milliseconds and octets: who sends slowly holds a connection no longer than this. Callers keep theirs for a minute.
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1_024,
  // Nothing here speaks anything but HTTP/1.1. An upgrade would reach the routes without passing the gate.
  shouldUpgradeCallback: () => false
}

/** Says whether the request may go on; else it has answered it. */
export type Gate = (request: IncomingMessage, response: ServerResponse) => boolean

/** Says whether it takes the request; then it also answers it. */
export type Lane = (request: IncomingMessage, response: ServerResponse) => boolean

/** What a request passes before the routes. */
export interface Lanes {
  /** Asked before everything else. */
  gate?: Gate
  /** Asked before the routes. */
  fastLane?: Lane
}

/** The server that the HTTP edge listens with. */
export class Listener extends Server implements Lanes {
  gate?: Gate
  fastLane?: Lane

  constructor() {
    super(limits)
    this.on("clientError", refuseUnreadable)
  }

  /**
   * Stops accepting, and ends each connection when its last request has been answered.
   *
   * **Gotchas**
   *
   * Node.js itself would keep the connection of a request under way for the whole keep-alive time.
   */
  override close(onClosed?: (error?: Error) => void): this {
    endSoon(this)
    return super.close(onClosed)
  }

  override emit(event: string, ...args: ReadonlyArray<unknown>): boolean {
    return isTaken(this, event, args) || super.emit(event, ...args)
  }
}

/** The same over TLS. */
export class TlsListener extends HttpsServer implements Lanes {
  gate?: Gate
  fastLane?: Lane
  #clientCa: string | undefined
  /** Connections whose handshake is under way, by their other end. */
  readonly #shaking = new Map<string, Socket>()
  /** The client CA by which a connection was let in. */
  readonly #letInBy = new WeakMap<Duplex, string>()

  constructor(tls: Tls) {
    super({ ...limits, ...toTlsOptions(tls) })
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
  }

  /** Uses other files for connections from now on. */
  renew(tls: Tls): void {
    this.setSecureContext(toTlsOptions(tls))
    this.#clientCa = tls.clientCa
  }

  /** As that of the plain listener; a handshake under way is no request. */
  override close(onClosed?: (error?: Error) => void): this {
    endSoon(this)
    for (const socket of this.#shaking.values()) socket.destroy()
    return super.close(onClosed)
  }

  override emit(event: string, ...args: ReadonlyArray<unknown>): boolean {
    if (event === "request" || event === "checkContinue") this.#endAfterAnswer(...args as RequestArguments)
    return isTaken(this, event, args) || super.emit(event, ...args)
  }

  /** Who was let in by a CA that is no longer ours gets this answer, and has to come in anew. */
  #endAfterAnswer({ socket }: IncomingMessage, response: ServerResponse): void {
    if (this.#letInBy.get(socket) !== (this.#clientCa ?? "")) response.shouldKeepAlive = false
  }
}

type RequestArguments = readonly [request: IncomingMessage, response: ServerResponse]

/** `checkContinue` is a request that waits for leave to send its body. */
const isTaken = ({ fastLane, gate }: Lanes, event: string, args: ReadonlyArray<unknown>): boolean => {
  if (event !== "request" && event !== "checkContinue") return false
  const [request, response] = args as RequestArguments
  return gate?.(request, response) === false || fastLane?.(request, response) === true
}

const endSoon = (server: Server): void => {
  server.keepAliveTimeout = 1
  server.keepAliveTimeoutBuffer = 0
}

const otherEnd = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`

/** What arrives is no HTTP, or not in time: a problem as well, and the end of the connection. */
const refuseUnreadable = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy()
  const body = JSON.stringify(
    problem("InvalidRequest", unreadable.get(error.code ?? "") ?? "This is not valid HTTP/1.1.")
  )
  const head = [
    "HTTP/1.1 400 Bad Request",
    `Content-Type: ${problemMediaType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close"
  ]
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`)
}

const unreadable = new Map([
  ["HPE_HEADER_OVERFLOW", `The header is larger than ${limits.maxHeaderSize} octets.`],
  ["ERR_HTTP_REQUEST_TIMEOUT", "The request did not arrive in time."]
])
