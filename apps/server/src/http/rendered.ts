/**
 * Answers that are written past the router: by the fast lane, and by the gate.
 */
import { type Answer, type Problem, type ProblemCode, problemMediaType } from "@posh/api"
import type { ServerResponse } from "node:http"
import { noteProblem } from "./Exchange.ts"
import { leavesUnreadBody } from "./unread.ts"

export interface Rendered {
  readonly status: number
  readonly mediaType: string
  readonly body: string
  /** Names and values by turns. */
  readonly headers?: ReadonlyArray<string>
  /** Where it is a problem. */
  readonly code?: ProblemCode
}

// The API is for programs: nothing of it is to be kept by a cache, or taken by a browser for anything but what it is.
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

/** Whole seconds, and never none. */
export const retryAfter = (milliseconds: number): string => String(Math.max(1, Math.ceil(milliseconds / 1_000)))

export const renderAnswer = (answer: Answer): Rendered => ({
  status: 200,
  mediaType: "application/json",
  body: JSON.stringify(answer)
})

const fixedHeaders: ReadonlyArray<string> = Object.entries(securityHeaders).flat()

/** `headers`: names and values by turns. */
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
