/**
 * `/v1/verify`: verifies certificates.
 */
import { Api, type Problem, problem, type Question, type VerifyQuery } from "@posh/api"
import { Effect, Result } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import type { IncomingMessage } from "node:http"
import { answerBatch } from "../../service/answerBatch.ts"
import { answerQuestion } from "../../service/answerQuestion.ts"
import { Decider } from "../../service/Decider.ts"
import { Limits } from "../../service/limits/Limits.ts"
import { full } from "../../service/limits/refusals.ts"
import { prefersToJson } from "../accept.ts"
import { answerText } from "../answerText.ts"
import { receiveBatch } from "../body/batchBody.ts"
import { readJson } from "../body/body.ts"
import { isCertificate, readCertificateQuestion, refuseParameters } from "../body/certificateBody.ts"
import { type BatchText, renderBatch } from "../body/renderBatch.ts"
import { callerOf, onClosed, responseOf } from "../Exchange.ts"
import { estimateQuestions } from "../limits/reserveBody.ts"
import { closeSlowReader } from "../limits/slowReader.ts"
import { watchAnswer } from "../limits/watchAnswer.ts"
import { withRetryAfter } from "./problems.ts"

/** Handlers of the group `verification`. */
export const layer = HttpApiBuilder.group(
  Api,
  "verification",
  Effect.fnUntraced(function*(handlers) {
    const decider = yield* Decider
    const { decide } = decider
    const limits = yield* Limits
    return handlers
      .handleRaw(
        "verify",
        ({ request }) =>
          readQuestion(limits, request).pipe(
            Effect.flatMap((input) => answerQuestion(decide, callerOf(request.source), input)),
            withRetryAfter
          )
      )
      .handle("verifyByFingerprint", ({ query, request }) =>
        Effect.fromResult(toQuestion(query)).pipe(
          Effect.flatMap((question) => answerQuestion(decide, callerOf(request.source), question)),
          Effect.mapError(inQuery),
          Effect.map((answer) =>
            prefersToJson(request.headers["accept"], "text/plain")
              ? HttpServerResponse.text(`${answer.verdict}\n`)
              : answer
          ),
          withRetryAfter
        ))
      .handleRaw(
        "verifyBatch",
        ({ request }) =>
          hasRoom(limits, request).pipe(
            Effect.andThen(receiveBatch(limits, request)),
            Effect.flatMap((batch) =>
              answerBatch(decider, limits, callerOf(request.source), batch, {
                encode: answerText,
                onClosed: (release) => onClosed(request.source, release),
                render: (items) => renderBatch(limits.inTurn, items)
              })
            ),
            Effect.flatMap((text) => toBatchResponse(request, text)),
            withRetryAfter
          )
      )
  })
)

/** The question is the body, or its certificate is. */
const readQuestion = (
  limits: Limits["Service"],
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<unknown, Problem> =>
  isCertificate(request)
    ? readCertificateQuestion(limits, request)
    : Effect.andThen(refuseParameters(request), readJson(limits, request))

const toBatchResponse = (
  { source }: HttpServerRequest.HttpServerRequest,
  text: BatchText
): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
  const contentType = "application/json"
  if (typeof text === "string") return Effect.succeed(HttpServerResponse.text(text, { contentType }))
  const response = responseOf(source)
  const watched = response === undefined ? Effect.void : watchAnswer(response, closeSlowReader(response))
  return Effect.as(watched, HttpServerResponse.stream(text, { contentType }))
}

/** Refuses a batch before it is read if there are no places for it. */
const hasRoom = (
  { inFlight }: Limits["Service"],
  { source }: HttpServerRequest.HttpServerRequest
): Effect.Effect<void, Problem> =>
  Effect.suspend(() =>
    inFlight.fits(callerOf(source).account, estimateQuestions(source as IncomingMessage))
      ? Effect.void
      : Effect.fail(full())
  )

/** The question in the query parameters. */
const toQuestion = (
  { "sha-256": sha256, "sha-512": sha512, ...others }: VerifyQuery
): Result.Result<Question, Problem> =>
  sha256 === undefined && sha512 === undefined
    ? Result.fail(problem("InvalidRequest", "One of sha-256 and sha-512 is required.", "sha-256"))
    : Result.succeed({
      ...others,
      fingerprint: {
        ...(sha256 === undefined ? {} : { "sha-256": literalPlus(sha256) }),
        ...(sha512 === undefined ? {} : { "sha-512": literalPlus(sha512) })
      }
    })

// RFC 3986: a plus is literal; only HTML forms encode a space as one. Base64 has no spaces.
const literalPlus = (text: string): string => text.replaceAll(" ", "+")

/** Renames fields of the question to query parameters. */
const inQuery = ({ field, ...rest }: Problem): Problem =>
  field === undefined
    ? rest
    : { ...rest, field: field.replace(/^fingerprint\./, "").replace(/^fingerprint$/, "sha-256") }
