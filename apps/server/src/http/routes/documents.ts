/**
 * `/v1/documents`: lints and generates documents, for publishers.
 */
import { Api, type GenerateResponse } from "@posh/api"
import { Verifier } from "@posh/core"
import { Effect } from "effect"
import { type HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { answerGenerate, answerLint } from "../../service/answerDocuments.ts"
import { Limits } from "../../service/limits/Limits.ts"
import { prefersToJson } from "../accept.ts"
import { readJson } from "../body/body.ts"
import { queryOf } from "../body/parameters.ts"
import { callerOf } from "../Exchange.ts"
import { withRetryAfter } from "./problems.ts"

/** Handlers of the group `documents`. */
export const layer = HttpApiBuilder.group(
  Api,
  "documents",
  Effect.fnUntraced(function*(handlers) {
    const verifier = yield* Verifier
    const limits = yield* Limits
    return handlers
      .handleRaw("lintDocument", ({ request }) =>
        readJson(limits, request).pipe(
          Effect.flatMap((input) => answerLint(verifier, limits, callerOf(request.source), input)),
          withRetryAfter
        ))
      .handleRaw("generateDocument", ({ request }) =>
        readJson(limits, request).pipe(
          Effect.flatMap((input) => answerGenerate(verifier, limits, callerOf(request.source), input)),
          Effect.map((made) => toRaw(request, made) ?? made),
          withRetryAfter
        ))
  })
)

/** The document itself, with `?raw` in the media type to publish it with; `undefined` if JSON is wanted. */
const toRaw = (
  { headers, url }: HttpServerRequest.HttpServerRequest,
  { contentType, document }: GenerateResponse
): HttpServerResponse.HttpServerResponse | undefined => {
  const raw = new URLSearchParams(queryOf(url)).get("raw")
  if (raw === "" || raw === "true") return HttpServerResponse.text(document, { contentType })
  return prefersToJson(headers["accept"], octetStream)
    ? HttpServerResponse.text(document, { contentType: octetStream })
    : undefined
}

const octetStream = "application/octet-stream"
