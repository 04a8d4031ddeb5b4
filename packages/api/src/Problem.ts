/**
 * Problems (RFC 9457): the reasons why there is no answer, in one table.
 */
import { Schema } from "effect"
import { HttpApiSchema } from "effect/http-api"

/** Every problem of the API: HTTP status and title by code. */
export const problems = {
  InvalidRequest: { status: 400, title: "The question is malformed" },
  InvalidSourceDomain: { status: 400, title: "The domain is not a public host name" },
  UnsupportedService: { status: 400, title: "The service is not registered for POSH" },
  MalformedPresentedCertificate: { status: 400, title: "The certificate is not one DER certificate" },
  Unauthorized: { status: 401, title: "A valid key is required" },
  Forbidden: { status: 403, title: "The key does not allow this" },
  NotFound: { status: 404, title: "There is nothing at this path" },
  MethodNotAllowed: { status: 405, title: "The path does not take this method" },
  PayloadTooLarge: { status: 413, title: "The body is too large" },
  UnsupportedRequestMediaType: { status: 415, title: "The body is not JSON" },
  TooManyRequests: { status: 429, title: "The caller asks too much" },
  InternalError: { status: 500, title: "The service failed" },
  Overloaded: { status: 503, title: "The service is working at its limit" }
} as const

export type ProblemCode = keyof typeof problems

/**
 * Statuses of `InvalidRequest` that say more than 400 about the HTTP of a request: it did not arrive in time, expects what
 * is not supported, or has too large a header (RFC 9110 §15.5.9, §15.5.18; RFC 6585 §5).
 */
export const messageStatuses = [408, 417, 431] as const
export type MessageStatus = typeof messageStatuses[number]

export type ProblemStatus = typeof problems[ProblemCode]["status"]

/** The closed set of codes of problems. */
export const problemCodes = Object.keys(problems) as ReadonlyArray<ProblemCode>

const problemStatuses: ReadonlyArray<ProblemStatus> = [
  ...new Set(problemCodes.map((code) => problems[code].status))
]

/** The URI that names a problem. */
export const problemType = <Code extends ProblemCode>(code: Code): `urn:posh:problem:${Code}` =>
  `urn:posh:problem:${code}`

const title = Schema.String.annotate({ description: "The same for every problem of this type." })
const detail = Schema.String.annotate({ description: "What is wrong here, for a person." })
const field = Schema.optionalKey(
  Schema.String.annotate({
    description: "The member or parameter at fault.",
    examples: ["certificate", "requests[3].domain"]
  })
)

const retryAfterMs = Schema.optionalKey(
  Schema.Int.annotate({ description: "Milliseconds after which to retry, if known." })
)

const instance = Schema.optionalKey(
  Schema.String.annotate({
    description: "`urn:posh:request:` and the `X-Request-Id` of the answer. Absent in the results of a batch.",
    examples: ["urn:posh:request:9f0c3a52-6f57-4e0b-9d6e-6a2f1c0e8b11"]
  })
)

/** Any problem, as it stands in a body or in the result of a batch. */
export const Problem = Schema.Struct({
  type: Schema.Literals(problemCodes.map(problemType)),
  title,
  status: Schema.Literals(problemStatuses).annotate({ description: "The HTTP status of the problem." }),
  detail,
  code: Schema.Literals(problemCodes).annotate({ description: "The last part of `type`." }),
  field,
  retryAfterMs,
  instance
}).annotate({
  identifier: "Problem",
  title: "Problem",
  description: "The reason why there is no answer (RFC 9457)."
})
export type Problem = typeof Problem.Type

/** The media type of problems. */
export const problemMediaType = "application/problem+json"

/** The problems that share a status, as the error of an endpoint. */
const errorOf = (status: ProblemStatus, name: string) => {
  const codes = problemCodes.filter((code) => problems[code].status === status)
  return Schema.Struct({
    type: Schema.Literals(codes.map(problemType)),
    title,
    status: Schema.Literal(status),
    detail,
    code: Schema.Literals(codes),
    field,
    retryAfterMs,
    instance
  }).annotate({
    identifier: `${name}Problem`,
    title: name,
    description: codes.map((code) => `\`${code}\`: ${problems[code].title}.`).join(" "),
    httpApiStatus: status
  }).pipe(HttpApiSchema.asJson({ contentType: problemMediaType }))
}

/** The errors that endpoints declare, by HTTP status. */
export const problemErrors = {
  400: errorOf(400, "BadRequest"),
  401: errorOf(401, "Unauthorized"),
  403: errorOf(403, "Forbidden"),
  404: errorOf(404, "NotFound"),
  405: errorOf(405, "MethodNotAllowed"),
  413: errorOf(413, "PayloadTooLarge"),
  415: errorOf(415, "UnsupportedRequestMediaType"),
  429: errorOf(429, "TooManyRequests"),
  500: errorOf(500, "InternalError"),
  503: errorOf(503, "Overloaded")
} as const

/**
 * Makes a problem.
 *
 * **Details**
 *
 * `detail` is for a person and never carries an inner cause. `field` names the member at fault.
 */
export const problem = (code: ProblemCode, detail: string, field?: string): Problem => ({
  type: problemType(code),
  title: problems[code].title,
  status: problems[code].status,
  detail,
  code,
  ...(field === undefined ? {} : { field })
})

/** A problem of a request that is not valid or not supported HTTP. It may answer a request to any path. */
export type MessageProblem = Omit<Problem, "status"> & { readonly status: MessageStatus }

/** Whatever answers a request instead of its answer. */
export type AnyProblem = Problem | MessageProblem

export const messageProblem = (status: MessageStatus, detail: string): MessageProblem => ({
  ...problem("InvalidRequest", detail),
  status
})

/** The `instance` of problems that answer the request with this id. */
export const problemInstance = (requestId: string): string => `urn:posh:request:${requestId}`

/** Makes a problem that a retry can solve. `retryAfterMs`: milliseconds after which to retry. */
export const passingProblem = (
  code: "TooManyRequests" | "Overloaded",
  detail: string,
  retryAfterMs: number
): Problem => ({ ...problem(code, detail), retryAfterMs: Math.ceil(retryAfterMs) })
