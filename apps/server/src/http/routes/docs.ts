/**
 * `/openapi.json` and `/docs`: the contract as OpenAPI and as a page.
 */
import { makeOpenApi } from "@posh/api"
import { Layer } from "effect"
import { HttpRouter } from "effect/http"
import { docsPaths } from "../../routes.ts"
import { compressedOnce } from "./compressed.ts"
import { docsStyle, renderDocs } from "./docsPage.ts"

const unstored = { "cache-control": "no-cache" }

// Rendered on the first request, so that it does not delay the start.
const openApi = compressedOnce(() => JSON.stringify(makeOpenApi()), "application/json", unstored)

const page = compressedOnce(() => renderDocs(makeOpenApi()), "text/html; charset=utf-8", {
  ...unstored,
  "content-security-policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"
})

const style = compressedOnce(() => docsStyle, "text/css; charset=utf-8", unstored)

/** Routes of the documentation. */
export const layer = Layer.mergeAll(
  HttpRouter.add("GET", docsPaths[0], openApi),
  HttpRouter.add("GET", docsPaths[1], page),
  HttpRouter.add("GET", docsPaths[2], style)
)
