/**
 * Middleware of every route: headers, tracing, and failures as problems that reveal no inner causes.
 */
import { problem, problemCodes, problemMediaType } from "@posh/api"
import { Cause, Effect, Option, type Types } from "effect"
import { HttpRouter, HttpServerError, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiError } from "effect/http-api"
import { IncomingMessage } from "node:http"
import { methodsOf } from "../../routes.ts"
import { internalProblem, schemaProblem } from "../../service/problems.ts"
import { Tracing } from "../../telemetry/traces/Tracing.ts"
import { noteProblem } from "../Exchange.ts"
import { securityHeaders } from "../rendered.ts"
import { chooseBy } from "../telemetry/traces.ts"
import { leavesUnreadBody } from "../unread.ts"
import { problemResponse } from "./problems.ts"

type Response = HttpServerResponse.HttpServerResponse

/** The middleware. */
export const layer = HttpRouter.middleware((handled) =>
  traced(handled).pipe(
    Effect.catchCause((cause): Effect.Effect<Response, Types.unhandled, HttpServerRequest.HttpServerRequest> =>
      // The caller disconnected, or the drain time is over.
      Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause) : failureResponse(cause)
    ),
    Effect.map((response) => HttpServerResponse.setHeaders(response, { ...securityHeaders, ...response.headers })),
    Effect.tap(noteResponse),
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

/** Runs in a span if the request is traced. */
const traced = <A, E, R>(handled: Effect.Effect<A, E, R>) =>
  Effect.flatMap(
    Effect.all([HttpServerRequest.HttpServerRequest, Tracing]),
    ([{ source }, tracing]) => chooseBy(tracing)(source as IncomingMessage)?.(handled) ?? handled
  )

/** Records the code of a problem. It is searched in the body, because problems are encoded before the middleware. */
const noteResponse = ({ body, status }: Response) =>
  status < 400 || body._tag !== "Uint8Array" || body.contentType !== problemMediaType
    ? Effect.void
    : Effect.map(HttpServerRequest.HttpServerRequest, ({ source }) => {
      const code = problemCodes.find((candidate) => Buffer.from(body.body).includes(`"code":"${candidate}"`))
      if (code !== undefined) noteProblem(source, code)
    })

const failureResponse = (cause: Cause.Cause<unknown>) =>
  Effect.gen(function*() {
    const failure = Cause.squash(cause)
    if (HttpApiError.HttpApiSchemaError.is(failure) && isCallersFault(failure)) {
      return problemResponse(schemaProblem(failure.cause.issue))
    }
    if (HttpServerError.isHttpServerError(failure) && failure.reason._tag === "RouteNotFound") {
      return routeResponse(yield* HttpServerRequest.HttpServerRequest)
    }
    yield* Effect.logError("a request met a defect", cause)
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
