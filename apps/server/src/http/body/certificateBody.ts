/**
 * `POST /v1/verify?domain=…&service=…` whose body is the certificate itself, for who has a file and a shell.
 */
import { bodyLimits, certificateMediaTypes, certificateQuery, type Problem, problem, type Question } from "@posh/api"
import { Effect, Result, Schema } from "effect"
import type { HttpServerRequest } from "effect/http"
import type { Limits } from "../../service/limits/Limits.ts"
import { schemaProblem } from "../../service/problems.ts"
import { mediaTypeOf, readBody } from "./body.ts"
import { parametersOf, queryOf } from "./parameters.ts"

/** True if the body is a certificate and not JSON. */
export const isCertificate = (request: HttpServerRequest.HttpServerRequest): boolean =>
  certificateMediaTypes.some((mediaType) => mediaType === mediaTypeOf(request.headers))

/** The question in the parameters and the body. */
export const readCertificateQuestion = (
  limits: Pick<Limits["Service"], "bodies">,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<Question, Problem> =>
  Effect.flatMap(
    Effect.fromResult(Result.flatMap(parametersOf(queryOf(request.url)), decodeQuery)),
    (asked) =>
      Effect.map(readBody(limits, request, bodyLimits.single, { mediaTypes: certificateMediaTypes }), (octets) => ({
        ...asked,
        certificate: octets.toString(mediaTypeOf(request.headers) === "application/pkix-cert" ? "base64" : "utf8")
      }))
  )

const decodeQueryResult = Schema.decodeUnknownResult(Schema.Struct(certificateQuery), { onExcessProperty: "error" })

const decodeQuery = (parameters: Readonly<Record<string, string>>) =>
  Result.mapError(decodeQueryResult(parameters), ({ issue }) => schemaProblem(issue))

/** Parameters beside JSON would be ignored: a misspelt safety option must not be. */
export const refuseParameters = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<void, Problem> => {
  const [name] = new URLSearchParams(queryOf(request.url)).keys()
  return name === undefined ? Effect.void : Effect.fail(
    problem("InvalidRequest", "Beside a body of JSON there are no parameters; the question is in the body.", "query")
  )
}
