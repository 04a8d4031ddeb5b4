/**
 * A request with its response, and the state that gate, fast lane, routes and metrics share about them.
 */
import type { AnyProblem } from "@posh/api"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { CallerFacts } from "../access/CallerFacts.ts"
import type { Caller } from "../service/Caller.ts"
import { requestIdHeader, toRequestId } from "../telemetry/requestId.ts"
import { toOriginForm } from "./target.ts"

/** The `Expect` field (RFC 9110 §10.1.1). `other` is not supported. */
export type Expectation = "none" | "continue" | "other"

/** Answers a request, synchronously or later. */
export type RequestHandler = (exchange: Exchange) => void

/** Returns true if it answers the request; false passes it to the next stage. */
export type RequestStage = (exchange: Exchange) => boolean

export class Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly expectation: Expectation
  /** Milliseconds, by `performance.now()`. */
  readonly startedAt: number = performance.now()
  /** Set by the gate. Before, and if the gate refuses the request, a caller without a scope. */
  caller: Caller = unidentified
  /** Set by the gate. */
  facts: CallerFacts | undefined = undefined
  /** Set if the answer is a problem. */
  problem: AnyProblem | undefined = undefined
  /** The authority of a target in absolute form. */
  readonly authority: string | undefined
  #requestId: string | undefined = undefined

  constructor(request: IncomingMessage, response: ServerResponse, expectation: Expectation) {
    this.request = request
    this.response = response
    this.expectation = expectation
    this.authority = toOriginForm(request)
    ;(request as Carrier)[exchangeKey] = this
  }

  /** The id of the request; made when it is first needed. */
  get requestId(): string {
    return this.#requestId ??= toRequestId(this.request.headers[requestIdHeader])
  }
}

/** `request`: that of Node.js, which is `source` of the router's request. */
export const exchangeOf = (request: object): Exchange | undefined => (request as Carrier)[exchangeKey]

/** The caller of a request that passed the gate. */
export const callerOf = (request: object): Caller => exchangeOf(request)?.caller ?? unidentified

export const responseOf = (request: object): ServerResponse | undefined => exchangeOf(request)?.response

/** Records a problem, for metrics and the log. */
export const noteProblem = (request: object, problem: AnyProblem): void => {
  const exchange = exchangeOf(request)
  if (exchange !== undefined) exchange.problem = problem
}

/** Annotations of log lines about the request. */
export const logFactsOf = (request: object): Readonly<Record<string, string>> => {
  const exchange = exchangeOf(request)
  return exchange === undefined ? {} : { request: exchange.requestId, address: exchange.facts?.address ?? "" }
}

/** Calls back when the response is sent or aborted. */
export const onClosed = (request: object, release: () => void): void => {
  const response = responseOf(request)
  if (response === undefined || response.destroyed) return release()
  response.once("close", release)
}

// A property of the request, because a WeakMap costs the garbage collector more than the rest of this file.
const exchangeKey = Symbol("exchange")
interface Carrier {
  [exchangeKey]?: Exchange
}

/** Before the gate: nothing that needs a scope is allowed. */
const unidentified: Caller = { name: "nobody", account: "nobody" }
