/**
 * The HTTP server of Node.js, with limits on slow callers and an end that does not wait for idle ones.
 */
import { problem } from "@posh/api"
import { type IncomingMessage, Server, type ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import { endUnreadable, noteExchange } from "./exchanges.ts"
import { renderProblem, write } from "./rendered.ts"
import { hostFault } from "./target.ts"

// Milliseconds and octets: who sends slowly holds a connection no longer than this. Callers keep theirs for a minute.
export const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000, // how much later than due a connection may end
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16 * 1_024,
  // No other protocol is spoken here: a request that offers one is a request like any other, and passes the gate.
  shouldUpgradeCallback: () => false,
  // Node.js would answer past everything that stands here; `hostFault` refuses what it refuses.
  requireHostHeader: false
}

/** Longer than the longest deadline: who has not taken any of an answer for so long is not going to. */
export const inactivityMs = 45_000

/** Says whether the request may go on; else it has answered it. */
export type Gate = (request: IncomingMessage, response: ServerResponse) => boolean

/** Says whether it takes the request; then it also answers it. */
export type Lane = (request: IncomingMessage, response: ServerResponse) => boolean

/** What a request passes before the routes. */
export interface Lanes {
  /** Told of every answer that begins, but of those of the fast lane. */
  observe?: (response: ServerResponse) => void
  /** Told of every answer of the fast lane at its end; `began` is when the request came. */
  answered?: (response: ServerResponse, began: number) => void
  /** Asked before everything else. */
  gate?: Gate
  /** Asked before the routes. */
  fastLane?: Lane
  /** Is every answer the last of its connection? */
  isDraining: boolean
}

/** The server that the HTTP edge listens with. */
export class Listener extends Server implements Lanes {
  readonly scheme = "http"
  observe?: NonNullable<Lanes["observe"]>
  answered?: NonNullable<Lanes["answered"]>
  gate?: Gate
  fastLane?: Lane
  isDraining = false

  constructor() {
    super(limits)
    this.timeout = inactivityMs
    this.on("clientError", refuseUnreadable)
    this.on("checkExpectation", refuseExpectation)
  }

  /** Goes on answering, and asks callers to connect anew, which leads them elsewhere. */
  drain(): void {
    this.isDraining = true
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

/** Does the gate or the fast lane answer what this event brings? */
export const isTaken = (server: Server & Lanes, event: string, args: ReadonlyArray<unknown>): boolean => {
  if (!bringsRequest(event)) return false
  const [request, response] = args as RequestArguments
  noteExchange(request, response)
  if (server.isDraining) response.shouldKeepAlive = false
  // Whoever is quick enough to ask before the routes stand would otherwise wait in vain.
  if (server.listenerCount(event) === 0) return refuseEarly(response)
  const isRefused = refuseMalformed(request, response) || server.gate?.(request, response) === false
  if (!isRefused && server.fastLane?.(request, response) === true) return true
  server.observe?.(response)
  return isRefused
}

/**
 * `checkContinue` brings one that waits for leave to send its body, `checkExpectation` one that expects anything else.
 * All events that bring requests come here, so that none is answered past the gate.
 */
export const bringsRequest = (event: string): boolean =>
  event === "request" || event === "checkContinue" || event === "checkExpectation"

export type RequestArguments = readonly [request: IncomingMessage, response: ServerResponse]

export const endSoon = (server: Server): void => {
  server.keepAliveTimeout = 1
  server.keepAliveTimeoutBuffer = 0
}

const refuseEarly = (response: ServerResponse): true => {
  write(response, renderProblem(problem("Overloaded", "The service is starting or stopping.")), ["retry-after", "1"])
  return true
}

const refuseMalformed = (request: IncomingMessage, response: ServerResponse): boolean => {
  const fault = hostFault(request)
  if (fault === undefined) return false
  response.shouldKeepAlive = false
  write(response, renderProblem(problem("InvalidRequest", fault)))
  return true
}

/** RFC 9110 §10.1.1: nothing but `100-continue` can be met. */
export const refuseExpectation = (_request: IncomingMessage, response: ServerResponse): void => {
  response.shouldKeepAlive = false
  response.writeHead(417, { "content-length": 0 }).end()
}

/** What arrives is no HTTP, or not in time: a problem as well, where no other answer is due, and the end of the connection. */
export const refuseUnreadable = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy()
  endUnreadable(socket, problem("InvalidRequest", unreadable.get(error.code ?? "") ?? "This is not valid HTTP/1.1."))
}

const unreadable = new Map([
  ["HPE_HEADER_OVERFLOW", `The header is larger than ${limits.maxHeaderSize} octets.`],
  ["ERR_HTTP_REQUEST_TIMEOUT", "The request did not arrive in time."]
])
