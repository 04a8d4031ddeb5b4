/**
 * A request with its answer, and what becomes known of the two on their way: the one object that gate, lane, routes and
 * metrics share.
 */
import type { ProblemCode } from "@posh/api"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Caller } from "../service/Caller.ts"

/** What the request expects before it sends its body (RFC 9110 §10.1.1). `other` cannot be met. */
export type Expectation = "none" | "continue" | "other"

/** Answers a request, at once or later. */
export type RequestHandler = (exchange: Exchange) => void

/** The same, but for requests that it leaves to the next: says whether it takes this one. */
export type RequestStage = (exchange: Exchange) => boolean

export class Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly expectation: Expectation
  /** Milliseconds, by `performance.now()`. */
  readonly startedAt: number = performance.now()
  /** As the gate has found. Until then, and where it turns the request away, one without a scope. */
  caller: Caller = unidentified
  /** What the answer is, where it is a problem. */
  problem: ProblemCode | undefined = undefined

  constructor(request: IncomingMessage, response: ServerResponse, expectation: Expectation) {
    this.request = request
    this.response = response
    this.expectation = expectation
    ;(request as Carrier)[exchangeKey] = this
  }
}

/** The exchange that a request is part of. `request` is that of Node.js, as the router's has it in `source`. */
export const exchangeOf = (request: object): Exchange | undefined => (request as Carrier)[exchangeKey]

/** Who asks; of a request that passed the gate. */
export const callerOf = (request: object): Caller => exchangeOf(request)?.caller ?? unidentified

/** With what a request is answered. */
export const responseOf = (request: object): ServerResponse | undefined => exchangeOf(request)?.response

/** Notes the problem that a request has ended in. */
export const noteProblem = (request: object, code: ProblemCode): void => {
  const exchange = exchangeOf(request)
  if (exchange !== undefined) exchange.problem = code
}

/** Calls back when the answer to a request is out, or will never be. */
export const onClosed = (request: object, release: () => void): void => {
  const response = responseOf(request)
  if (response === undefined || response.destroyed) return release()
  response.once("close", release)
}

// On the request itself: a weak map would be more work for the garbage collector than all else here.
const exchangeKey = Symbol("exchange")
interface Carrier {
  [exchangeKey]?: Exchange
}

/** Of requests that no gate has seen: they may nothing that needs a scope. */
const unidentified: Caller = { name: "nobody", account: "nobody" }
