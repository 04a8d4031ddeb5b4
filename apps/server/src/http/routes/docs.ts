/**
 * `/openapi.json` and `/docs`: the contract as OpenAPI and as a page.
 */
import { Api } from "@posh/api"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { OpenApi } from "effect/http-api"
import { docsPaths } from "../../routes.ts"
import { docsStyle, renderDocs } from "./docsPage.ts"

/** Rendered on the first request, so that it does not delay the start. */
const cached = (make: () => HttpServerResponse.HttpServerResponse) => Effect.runSync(Effect.cached(Effect.sync(make)))

const openApi = cached(() =>
  HttpServerResponse.jsonUnsafe(OpenApi.fromApi(Api), { headers: { "cache-control": "no-cache" } })
)

const page = cached(() =>
  HttpServerResponse.text(renderDocs(OpenApi.fromApi(Api)), {
    contentType: "text/html; charset=utf-8",
    headers: {
      "cache-control": "no-cache",
      "content-security-policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"
    }
  })
)

const style = HttpServerResponse.text(docsStyle, {
  contentType: "text/css; charset=utf-8",
  headers: { "cache-control": "no-cache" }
})

/** Routes of the documentation. */
export const layer = Layer.mergeAll(
  HttpRouter.add("GET", docsPaths[0], openApi),
  HttpRouter.add("GET", docsPaths[1], page),
  HttpRouter.add("GET", docsPaths[2], style)
)
