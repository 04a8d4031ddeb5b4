/**
 * Problems as responses (RFC 9457).
 */
import { type Problem, problemMediaType } from "@posh/api"
import { Effect } from "effect"
import { HttpServerResponse } from "effect/http"
import { retryAfter } from "../rendered.ts"

export const problemResponse = (
  body: Problem,
  headers: Readonly<Record<string, string>> = {}
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(body, {
    status: body.status,
    headers: body.retryAfterMs === undefined ? headers : { ...headers, "retry-after": retryAfter(body.retryAfterMs) },
    contentType: problemMediaType
  })

/** Adds `Retry-After` to retryable problems: the encoding of the contract sets no headers. */
export const withRetryAfter = <A, R>(
  handled: Effect.Effect<A, Problem, R>
): Effect.Effect<A | HttpServerResponse.HttpServerResponse, Problem, R> =>
  Effect.catch(
    handled,
    (body) => body.retryAfterMs === undefined ? Effect.fail(body) : Effect.succeed(problemResponse(body))
  )
