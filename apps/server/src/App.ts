/**
 * Composes the service: the outermost layer first.
 */
import { Verifier } from "@posh/core"
import type { EgressOptions } from "@posh/core/node"
import { Effect, Layer } from "effect"
import type { AccessFiles } from "./access/access.ts"
import { Callers } from "./access/Callers.ts"
import { TrustedProxies } from "./access/forwarded/TrustedProxies.ts"
import { followTls, tlsCertificates } from "./access/Tls.ts"
import { layerResolver, readResolver } from "./config/dnssecResolver.ts"
import { ExtraRoots } from "./config/ExtraRoots.ts"
import { layerFetcher } from "./config/layerFetcher.ts"
import { followPkixRoots } from "./config/pkixRoots.ts"
import { toPolicy } from "./config/policy.ts"
import { Secrets } from "./config/Secrets.ts"
import type { Settings } from "./config/variables.ts"
import { layerConnections } from "./connections/Connections.ts"
import { GrpcListener } from "./grpc/listener/GrpcListener.ts"
import { grpcPlaceOf } from "./grpc/listener/place.ts"
import { alone, type Hosting, layerOverall } from "./hosting.ts"
import { Listener } from "./http/listener/Listener.ts"
import * as operations from "./http/operations.ts"
import * as http from "./http/serve.ts"
import { ServiceManager } from "./process/notify/ServiceManager.ts"
import { Shutdown } from "./process/Shutdown.ts"
import { layerCache } from "./redis/layerCache.ts"
import { Decider } from "./service/Decider.ts"
import { layerLimits } from "./service/limits/layer.ts"
import { Readiness } from "./service/Readiness.ts"
import * as telemetry from "./telemetry/layer.ts"
import { layerLimitMetrics } from "./telemetry/limits.ts"
import { certificateNotes } from "./telemetry/standing.ts"

/** The service. It is ready when the layer is built. */
export const layerApp = (
  settings: Settings,
  egress: EgressOptions,
  { guard, tls }: AccessFiles,
  hosting: Hosting = alone
) =>
  announced(settings.drainDelay, hosting).pipe(
    Layer.provide(hosting.manager),
    Layer.provide(renewed(settings, tls)),
    Layer.provide(http.layer),
    Layer.provideMerge(layerGrpc(settings, tls)),
    Layer.provide([operations.layerPresence(settings), layerOverall(hosting)]),
    Layer.provide(layerLimitMetrics(settings)),
    Layer.provide(Layer.succeed(TrustedProxies, settings.trustedProxies)),
    Layer.provide([Decider.layer, Callers.layer(settings, guard)]),
    Layer.provide(layerLimits(settings)),
    Layer.provide(Listener.layer(settings, tls)),
    Layer.provide(layerConnections(settings)),
    Layer.provide(layerVerifier(settings, egress)),
    // Built before and closed after everything above, so that probes are always answered.
    Layer.provide(hosting.hasOperations ? operations.layer(settings) : Layer.empty),
    Layer.provide(telemetry.layer(settings)),
    Layer.provide(Secrets.layer(settings)),
    Layer.provide(Readiness.layer),
    Layer.provide(hosting.shutdown)
  )

/** gRPC, unless it is off: then none of it is loaded. */
const layerGrpc = (settings: Settings, tls: AccessFiles["tls"]) => {
  const place = grpcPlaceOf(settings)
  return place === undefined
    ? Layer.empty
    : Layer.unwrap(
      Effect.map(Effect.promise(() => import("./grpc/serve.ts")), ({ layer }) => layer(settings, place, tls))
    )
}

/** The verifier, with HTTPS and the cache: in memory alone, or shared in Redis. */
export const layerVerifier = (settings: Settings, egress: EgressOptions) =>
  Layer.unwrap(Effect.gen(function*() {
    const resolver = yield* readResolver(settings)
    const policy = toPolicy(settings, {
      anchors: yield* followPkixRoots(settings),
      hasResolver: resolver !== undefined
    })
    return Verifier.layerNoDeps(policy).pipe(
      Layer.provide([layerFetcher(settings, egress), layerCache(settings, policy), layerResolver(resolver, egress)]),
      Layer.provide(ExtraRoots.layer(settings, egress))
    )
  }))

/**
 * Announces the URL and sets the readiness, and reports both to the service manager. On shutdown, it still answers for the drain
 * delay, so that load balancers see that it is not ready.
 */
const announced = (drainDelay: number, hosting: Hosting) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const readiness = yield* Readiness
    const listener = yield* Listener
    const grpc = yield* GrpcListener
    const manager = yield* ServiceManager
    const { begin } = yield* Shutdown
    const leave = Effect.all([begin, readiness.become("stopping"), listener.drain, grpc.drain], { discard: true })
    const linger = Effect.all([manager.reportStopping, Effect.sleep(drainDelay)], { concurrency: 2, discard: true })
    yield* Effect.acquireRelease(readiness.become("ready"), () =>
      // Both listeners have the drain time together.
      Effect.andThen(Effect.andThen(leave, linger), Effect.forkDetach(grpc.stop)))
    yield* hosting.announce(listener.url)
    yield* manager.reportReady(Effect.map(readiness.state, (state) => ({
      status: `${state}, ${listener.isListening() ? `listening on ${listener.url}` : "not listening"}`,
      isHealthy: listener.isListening()
    })))
  }))

/** Reloads TLS files when they change. */
const renewed = (settings: Settings, tls: AccessFiles["tls"]) =>
  tls === undefined
    ? Layer.empty
    : Layer.effectDiscard(Effect.gen(function*() {
      const { renew } = yield* Listener
      const grpc = yield* GrpcListener
      const note = yield* certificateNotes
      yield* followTls(settings, tls, (changed) => {
        renew(changed)
        grpc.renew(changed)
        note(tlsCertificates(changed))
      })
    }))
