/**
 * The HTTP server of Node.js, with limits on slow callers and an end that does not wait for idle ones.
 */
import { type IncomingMessage, Server, type ServerResponse } from "node:http"

// Milliseconds and octets: who sends slowly holds a connection no longer than this. Callers keep theirs for a minute.
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1_024
}

/** The server that the HTTP edge listens with. */
/** Says whether it takes the request; then it also answers it. */
export type Lane = (request: IncomingMessage, response: ServerResponse) => boolean

export class Listener extends Server {
  /** Asked before the routes. */
  fastLane?: Lane

  constructor() {
    super(limits)
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
