/**
 * Responses that are written without the router: by the fast lane, the gate and the listener.
 */
import { type AnyProblem, problemInstance, problemMediaType } from "@posh/api"
import type { ServerResponse } from "node:http"
import { makeRequestId, requestIdHeader } from "../telemetry/requestId.ts"
import { exchangeOf, noteProblem } from "./Exchange.ts"
import { leavesUnreadBody } from "./unread.ts"

export interface Rendered {
  readonly status: number
  readonly mediaType: string
  /** Empty for a problem, which is encoded when it is written, because it names the request. */
  readonly body: string
  /** Names and values, alternating. */
  readonly headers?: ReadonlyArray<string>
  readonly problem?: AnyProblem
}

// Caches must not store answers, and browsers must not guess the type.
export const securityHeaders: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff"
}

export const renderProblem = (problem: AnyProblem): Rendered => ({
  status: problem.status,
  mediaType: problemMediaType,
  body: "",
  problem,
  ...(problem.retryAfterMs === undefined ? {} : { headers: ["retry-after", retryAfter(problem.retryAfterMs)] })
})

/** The body of a problem that answers the request with this id. */
export const problemBody = (problem: AnyProblem, requestId: string): string =>
  JSON.stringify({ ...problem, instance: problemInstance(requestId) })

/** Whole seconds, at least 1. */
export const retryAfter = (milliseconds: number): string => String(Math.max(1, Math.ceil(milliseconds / 1_000)))

/** `body`: the JSON of an answer. */
export const renderAnswer = (body: string): Rendered => ({ status: 200, mediaType: "application/json", body })

const fixedHeaders: ReadonlyArray<string> = Object.entries(securityHeaders).flat()

/** `headers`: names and values, alternating. */
export const write = (
  response: ServerResponse,
  { body, headers: own = [], mediaType, problem, status }: Rendered,
  headers: ReadonlyArray<string> = []
): void => {
  if (leavesUnreadBody(response.req)) response.shouldKeepAlive = false
  const requestId = exchangeOf(response.req)?.requestId ?? makeRequestId()
  if (problem !== undefined) noteProblem(response.req, problem)
  const content = problem === undefined ? body : problemBody(problem, requestId)
  response.writeHead(status, [
    ...fixedHeaders,
    ...own,
    ...headers,
    requestIdHeader,
    requestId,
    "content-type",
    mediaType,
    "content-length",
    String(Buffer.byteLength(content))
  ])
  response.end(content)
}
