/**
 * Responses that are written without the router: by the fast lane, the gate and the listener.
 */
import { type Answer, type Problem, type ProblemCode, problemMediaType } from "@posh/api"
import type { ServerResponse } from "node:http"
import { noteProblem } from "./Exchange.ts"
import { leavesUnreadBody } from "./unread.ts"

export interface Rendered {
  readonly status: number
  readonly mediaType: string
  readonly body: string
  /** Names and values, alternating. */
  readonly headers?: ReadonlyArray<string>
  /** Of a problem. */
  readonly code?: ProblemCode
}

// Caches must not store answers, and browsers must not guess the type.
export const securityHeaders: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff"
}

export const renderProblem = (problem: Problem): Rendered => ({
  status: problem.status,
  mediaType: problemMediaType,
  body: JSON.stringify(problem),
  code: problem.code,
  ...(problem.retryAfterMs === undefined ? {} : { headers: ["retry-after", retryAfter(problem.retryAfterMs)] })
})

/** Whole seconds, at least 1. */
export const retryAfter = (milliseconds: number): string => String(Math.max(1, Math.ceil(milliseconds / 1_000)))

export const renderAnswer = (answer: Answer): Rendered => ({
  status: 200,
  mediaType: "application/json",
  body: JSON.stringify(answer)
})

const fixedHeaders: ReadonlyArray<string> = Object.entries(securityHeaders).flat()

/** `headers`: names and values, alternating. */
export const write = (
  response: ServerResponse,
  { body, code, headers: own = [], mediaType, status }: Rendered,
  headers: ReadonlyArray<string> = []
): void => {
  if (leavesUnreadBody(response.req)) response.shouldKeepAlive = false
  if (code !== undefined) noteProblem(response.req, code)
  response.writeHead(status, [
    ...fixedHeaders,
    ...own,
    ...headers,
    "content-type",
    mediaType,
    "content-length",
    String(Buffer.byteLength(body))
  ])
  response.end(body)
}
