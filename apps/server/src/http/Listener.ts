/**
 * The HTTP server of Node.js, with limits on slow callers and an end that does not wait for idle ones.
 */
import { problem, problemMediaType } from "@posh/api"
import { type IncomingMessage, Server, type ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import { renderProblem, write } from "./rendered.ts"

// Milliseconds and octets: who sends slowly holds a connection no longer than this. Callers keep theirs for a minute.
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000, // how much later than due a connection may end
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1_024,
  // No other protocol is spoken here: a request that offers one is a request like any other, and passes the gate.
  shouldUpgradeCallback: () => false
}

/** Longer than the longest deadline: who has not taken any of an answer for so long is not going to. */
const inactivityMs = 45_000

/** Says whether the request may go on; else it has answered it. */
export type Gate = (request: IncomingMessage, response: ServerResponse) => boolean

/** Says whether it takes the request; then it also answers it. */
export type Lane = (request: IncomingMessage, response: ServerResponse) => boolean

/** The server that the HTTP edge listens with. */
export class Listener extends Server {
  /** Asked before everything else. */
  gate?: Gate
  /** Asked before the routes. */
  fastLane?: Lane
  #draining = false

  constructor() {
    super(limits)
    this.timeout = inactivityMs
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
    // A caller that waits for "100 Continue" asks as everybody does, and passes the gate as well.
    return (event === "request" || event === "checkContinue") &&
        this.#takes(args[0] as IncomingMessage, args[1] as ServerResponse)
      ? true
      : super.emit(event, ...args)
  }

  /** Goes on answering, and asks callers to connect anew, which leads them elsewhere. */
  drain(): void {
    this.#draining = true
  }

  #takes(request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#draining) response.shouldKeepAlive = false
    // Whoever is quick enough to ask before the routes stand would otherwise wait in vain.
    if (this.listenerCount("request") === 0) return refuseEarly(response)
    return this.gate?.(request, response) === false || this.fastLane?.(request, response) === true
  }
}

const refuseEarly = (response: ServerResponse): true => {
  write(response, renderProblem(problem("Overloaded", "The service is starting or stopping.")), ["retry-after", "1"])
  return true
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
