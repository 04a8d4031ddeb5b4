/**
 * The router: handlers of the contract, its documentation, and the middleware.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Api, Health } from "@posh/api"
import { Effect, Layer, Scope } from "effect"
import { HttpRouter, type HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import type { RequestHandler } from "../Exchange.ts"
import * as associations from "./associations.ts"
import * as docs from "./docs.ts"
import * as documents from "./documents.ts"
import * as edge from "./edge.ts"
import * as health from "./health.ts"
import * as scopes from "./scopes.ts"
import * as verification from "./verification.ts"

const layerRoutes = Layer.mergeAll(
  HttpApiBuilder.layer(Api).pipe(
    Layer.provide([verification.layer, associations.layer, documents.layer, health.layer]),
    Layer.provide(scopes.layer)
  ),
  docs.layer,
  edge.layer
).pipe(Layer.provide(NodeHttpServer.layerHttpServices))

/** Health and metrics of the same contract. */
const layerOperations = Layer.mergeAll(
  HttpApiBuilder.layer(HttpApi.make("posh").add(Health)).pipe(Layer.provide(health.layer)),
  edge.layer
).pipe(Layer.provide(NodeHttpServer.layerHttpServices))

const routerConfig = {
  // Exact paths. 4 KiB, because a domain of up to 1,023 octets may be percent-encoded.
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
  maxParamLength: 4 * 1_024
}

const toHandler = <E, R>(routed: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
  Effect.gen(function*() {
    // Forked before the listener serves, so it closes after the drain: until then requests are not interrupted.
    const scope = Scope.forkUnsafe(yield* Effect.scope, "parallel")
    const handler = yield* NodeHttpServer.makeHandler(routed, { scope })
    const handle: RequestHandler = ({ request, response }) => handler(request, response)
    return handle
  })

/** The handler of routed requests. When the scope closes, requests in progress are interrupted. */
export const makeRoutes = HttpRouter.toHttpEffect(layerRoutes).pipe(
  Effect.flatMap(toHandler),
  Effect.provideService(HttpRouter.RouterConfig, routerConfig)
)

/** The same for health and metrics alone. */
export const makeOperationsRoutes = HttpRouter.toHttpEffect(layerOperations).pipe(
  Effect.flatMap(toHandler),
  Effect.provideService(HttpRouter.RouterConfig, routerConfig)
)
