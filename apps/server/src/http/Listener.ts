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

/** Says whether it takes the request; then it also answers it. */
export type Lane = (request: IncomingMessage, response: ServerResponse) => boolean

/** The server that the HTTP edge listens with. */
export class Listener extends Server {
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
    const [request, response] = args
    return event === "request" && this.fastLane?.(request as IncomingMessage, response as ServerResponse) === true
      ? true
      : super.emit(event, ...args)
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
