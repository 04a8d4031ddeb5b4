/**
 * Middleware of every route: headers, tracing, and failures as problems that reveal no inner causes.
 */
import { type Problem, problem, problemMediaType } from "@posh/api"
import { Cause, Effect, Option, type Types } from "effect"
import { HttpBody, HttpRouter, HttpServerError, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiError } from "effect/http-api"
import { IncomingMessage } from "node:http"
import { methodsOf } from "../../routes.ts"
import { internalProblem, schemaProblem } from "../../service/problems.ts"
import { makeRequestId, requestIdHeader } from "../../telemetry/requestId.ts"
import { Tracing } from "../../telemetry/traces/Tracing.ts"
import { repeatedParameter } from "../body/parameters.ts"
import { exchangeOf, logFactsOf, noteProblem } from "../Exchange.ts"
import { problemBody, securityHeaders } from "../rendered.ts"
import { chooseBy } from "../telemetry/traces.ts"
import { leavesUnreadBody } from "../unread.ts"
import { problemResponse } from "./problems.ts"

type Response = HttpServerResponse.HttpServerResponse

/** The middleware. */
export const layer = HttpRouter.middleware((handled) =>
  traced(annotated(handled)).pipe(
    Effect.catchCause((cause): Effect.Effect<Response, Types.unhandled, HttpServerRequest.HttpServerRequest> =>
      // The caller disconnected, or the drain time is over.
      Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause) : failureResponse(cause)
    ),
    Effect.map((response) => HttpServerResponse.setHeaders(response, { ...securityHeaders, ...response.headers })),
    Effect.flatMap(identified),
    Effect.flatMap(closeIfUnread)
  ), { global: true })

/** Closes the connection if much of the body is unread. */
const closeIfUnread = (response: Response): Effect.Effect<Response, never, HttpServerRequest.HttpServerRequest> =>
  HttpServerRequest.HttpServerRequest.use(({ source }) =>
    Effect.succeed(
      source instanceof IncomingMessage && leavesUnreadBody(source)
        ? HttpServerResponse.setHeader(response, "connection", "close")
        : response
    )
  )

/** Log lines name the request. */
const annotated = <A, E, R>(handled: Effect.Effect<A, E, R>) =>
  HttpServerRequest.HttpServerRequest.use(({ source }) => Effect.annotateLogs(handled, logFactsOf(source)))

/** Runs in a span if the request is traced. */
const traced = <A, E, R>(handled: Effect.Effect<A, E, R>) =>
  Effect.flatMap(
    Effect.all([HttpServerRequest.HttpServerRequest, Tracing]),
    ([{ source }, tracing]) => chooseBy(tracing)(source as IncomingMessage)?.(handled) ?? handled
  )

/** Adds the id of the request, to a problem as `instance` too: the contract encodes problems before the middleware. */
const identified = (response: Response): Effect.Effect<Response, never, HttpServerRequest.HttpServerRequest> =>
  HttpServerRequest.HttpServerRequest.use(({ source }) =>
    Effect.sync(() => {
      const requestId = exchangeOf(source)?.requestId ?? makeRequestId()
      const named = HttpServerResponse.setHeader(response, requestIdHeader, requestId)
      const { body } = response
      if (response.status < 400 || body._tag !== "Uint8Array" || body.contentType !== problemMediaType) return named
      const problem: Problem = JSON.parse(Buffer.from(body.body).toString())
      noteProblem(source, problem)
      return HttpServerResponse.setBody(named, HttpBody.text(problemBody(problem, requestId), problemMediaType))
    })
  )

const failureResponse = (cause: Cause.Cause<unknown>) =>
  Effect.gen(function*() {
    const failure = Cause.squash(cause)
    if (HttpApiError.HttpApiSchemaError.is(failure) && isCallersFault(failure)) {
      const { url } = yield* HttpServerRequest.HttpServerRequest
      return problemResponse(repeatedParameter(url) ?? schemaProblem(failure.cause.issue))
    }
    if (HttpServerError.isHttpServerError(failure) && failure.reason._tag === "RouteNotFound") {
      return routeResponse(yield* HttpServerRequest.HttpServerRequest)
    }
    const { source } = yield* HttpServerRequest.HttpServerRequest
    yield* Effect.logError("a request met a defect", cause).pipe(Effect.annotateLogs(logFactsOf(source)))
    return problemResponse(internalProblem)
  })

const isCallersFault = ({ kind }: HttpApiError.HttpApiSchemaError): boolean =>
  kind === "Params" || kind === "Query" || kind === "Headers"

/** The problem if no route matches: path malformed, unknown or too long, or method not allowed. */
const routeResponse = ({ method, url }: HttpServerRequest.HttpServerRequest): Response => {
  const path = url.split(/[?#]/, 1)[0] ?? ""
  if (Option.isNone(decodePath(path))) {
    return problemResponse(problem("InvalidRequest", "The percent-encoding of the path is malformed.", "path"))
  }
  const methods = methodsOf(path)
  if (methods.includes(method)) {
    return problemResponse(problem("InvalidRequest", "A part of the path is too long.", "path"))
  }
  return methods.length === 0
    ? problemResponse(problem("NotFound", "There is nothing at this path; GET /docs describes what there is."))
    : problemResponse(problem("MethodNotAllowed", `The path takes ${methods.join(", ")}.`), {
      allow: methods.join(", ")
    })
}

const decodePath = Option.liftThrowable(decodeURIComponent)
