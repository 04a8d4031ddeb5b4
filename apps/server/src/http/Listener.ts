/**
 * The HTTP server of Node.js, with limits on slow callers and an end that does not wait for idle ones.
 */
import { problem, problemMediaType } from "@posh/api"
import { type IncomingMessage, Server, type ServerResponse } from "node:http"
import type { Duplex } from "node:stream"

// Milliseconds and octets: who sends slowly holds a connection no longer than this. Callers keep theirs for a minute.
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1_024
}

/** Says whether the request may go on; else it has answered it. */
export type Gate = (request: IncomingMessage, response: ServerResponse) => boolean

/** Says whether it takes the request; then it also answers it. */
export type Lane = (request: IncomingMessage, response: ServerResponse) => boolean

/** The server that the HTTP edge listens with. */
export class Listener extends Server {
  /** Told of every answer that begins, but of those of the fast lane. */
  observe?: (response: ServerResponse) => void
  /** Told of every answer of the fast lane at its end; `began` is when the request came. */
  answered?: (response: ServerResponse, began: number) => void
  /** Asked before everything else. */
  gate?: Gate
  /** Asked before the routes. */
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
    this.keepAliveTimeout = 1
    this.keepAliveTimeoutBuffer = 0
    return super.close(onClosed)
  }

  override emit(event: string, ...args: ReadonlyArray<unknown>): boolean {
    return event === "request" && this.#takes(args[0] as IncomingMessage, args[1] as ServerResponse)
      ? true
      : super.emit(event, ...args)
  }

  #takes(request: IncomingMessage, response: ServerResponse): boolean {
    const isRefused = this.gate?.(request, response) === false
    if (!isRefused && this.fastLane?.(request, response) === true) return true
    this.observe?.(response)
    return isRefused
  }
}

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
