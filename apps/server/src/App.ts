/**
 * The whole service on one page.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Api } from "@posh/api"
import { Verifier } from "@posh/core"
import { type EgressOptions, HttpsFetcher } from "@posh/core/node"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import type { AccessFiles } from "./access/access.ts"
import { Callers } from "./access/Callers.ts"
import { followTls } from "./access/Tls.ts"
import { toPolicy } from "./config/policy.ts"
import type { Settings } from "./config/variables.ts"
import * as associations from "./http/associations.ts"
import * as docs from "./http/docs.ts"
import * as documents from "./http/documents.ts"
import * as edge from "./http/edge.ts"
import * as fastLane from "./http/fastLane.ts"
import * as gate from "./http/Gate.ts"
import * as health from "./http/health.ts"
import { Listener } from "./http/Listener.ts"
import * as scopes from "./http/scopes.ts"
import * as requests from "./http/telemetry/requests.ts"
import { TlsListener } from "./http/TlsListener.ts"
import * as verification from "./http/verification.ts"
import { layerCache } from "./redis/layerCache.ts"
import { Decider } from "./service/Decider.ts"
import { layerLimits } from "./service/limits/layer.ts"
import { Readiness } from "./service/Readiness.ts"
import * as telemetry from "./telemetry/layer.ts"
import { logAlways } from "./telemetry/logging.ts"

/** Everything that answers; over any verifier. */
export const layerRoutes = Layer.mergeAll(
  HttpApiBuilder.layer(Api).pipe(
    Layer.provide([verification.layer, associations.layer, documents.layer, health.layer]),
    Layer.provide(scopes.layer)
  ),
  docs.layer,
  edge.layer
)

/** The same behind a server: any that is provided. */
export const layerServe = Layer.suspend(() =>
  HttpRouter.serve(layerRoutes, { routerConfig, disableLogger: true, disableListenLog: true })
)

/** The verifier over the network, with the cache of this process or of the fleet. */
export const layerVerifier = (settings: Settings, egress: EgressOptions) => {
  const policy = toPolicy(settings)
  return Verifier.layerNoDeps(policy).pipe(
    Layer.provide([HttpsFetcher.layer(egress), layerCache(settings, policy)])
  )
}

/** The listener with its routes; ready when built. */
export const layerListener = (settings: Settings, { guard, tls }: AccessFiles) =>
  Layer.unwrap(Effect.sync(() => {
    const { host, port } = settings
    const listener = tls === undefined ? new Listener() : new TlsListener(tls)
    return announced(listener, settings.drainDelay).pipe(
      Layer.provide([layerServe, fastLane.layer(listener), requests.layer(listener)]),
      Layer.provide(gate.layer(listener)), // stands before anything answers
      Layer.provide([Decider.layer, Callers.layer(settings, guard)]),
      Layer.provide(layerLimits(listener, settings)),
      Layer.provide([cutOff(listener), renewed(settings, listener, tls)]),
      Layer.provide([
        NodeHttpServer.layerServer(() => listener, { host, port, gracefulShutdownTimeout: drainTime }),
        NodeHttpServer.layerHttpServices
      ]),
      Layer.provide(Readiness.layer)
    )
  }))

/** The service. */
export const layerApp = (settings: Settings, egress: EgressOptions, access: AccessFiles) =>
  layerListener(settings, access).pipe(
    Layer.provide(layerVerifier(settings, egress)),
    Layer.provide(telemetry.layer(settings))
  )

/** How long requests under way may take when the service stops. */
const drainTime = "10 seconds"

/** When that time is over, connections end whoever is still sending. Between the routes and the server: so it follows. */
const cutOff = (listener: Listener | TlsListener) =>
  Layer.effectDiscard(
    Effect.andThen(HttpServer.HttpServer, Effect.addFinalizer(() => Effect.sync(() => listener.closeAllConnections())))
  )

/** New certificates are used as they come. */
const renewed = (settings: Settings, listener: Listener | TlsListener, tls: AccessFiles["tls"]) =>
  tls === undefined || listener instanceof Listener
    ? Layer.empty
    : Layer.effectDiscard(followTls(settings, tls, (changed) => listener.renew(changed)))

// Paths are matched as they are written. A domain of 1,023 octets may come percent-encoded.
const routerConfig = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
  maxParamLength: 4 * 1_024
}

/**
 * Says where the service listens, and that it is ready until it stops. Then it answers on for a while, so that whoever
 * sends questions here has time to notice.
 */
const announced = (listener: Listener | TlsListener, drainDelay: number) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const readiness = yield* Readiness
    const leave = Effect.andThen(readiness.become("stopping"), Effect.sync(() => listener.drain()))
    yield* Effect.acquireRelease(
      readiness.become("ready"),
      () => Effect.andThen(leave, Effect.sleep(drainDelay))
    )
    const { address } = yield* HttpServer.HttpServer
    yield* logAlways(`listening on ${HttpServer.formatAddress(address).replace(/^http/, listener.scheme)}`)
  }))
