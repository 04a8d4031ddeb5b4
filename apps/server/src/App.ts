/**
 * Composes the service: the outermost layer first.
 */
import { Verifier } from "@posh/core"
import { type EgressOptions, HttpsFetcher } from "@posh/core/node"
import { Effect, Layer } from "effect"
import type { AccessFiles } from "./access/access.ts"
import { Callers } from "./access/Callers.ts"
import { followTls } from "./access/Tls.ts"
import { toPolicy } from "./config/policy.ts"
import type { Settings } from "./config/variables.ts"
import { Listener } from "./http/listener/Listener.ts"
import * as http from "./http/serve.ts"
import { TrustedProxies } from "./http/TrustedProxies.ts"
import { layerCache } from "./redis/layerCache.ts"
import { Decider } from "./service/Decider.ts"
import { layerLimits } from "./service/limits/layer.ts"
import { Readiness } from "./service/Readiness.ts"
import * as telemetry from "./telemetry/layer.ts"
import { logAlways } from "./telemetry/logging.ts"

/** The service. It is ready when the layer is built. */
export const layerApp = (settings: Settings, egress: EgressOptions, { guard, tls }: AccessFiles) =>
  announced(settings.drainDelay).pipe(
    Layer.provide(http.layer),
    Layer.provide(Layer.succeed(TrustedProxies, settings.trustedProxies)),
    Layer.provide([Decider.layer, Callers.layer(settings, guard)]),
    Layer.provide(layerLimits(settings)),
    Layer.provide(renewed(settings, tls)),
    Layer.provide(Listener.layer(settings, tls)),
    Layer.provide(layerVerifier(settings, egress)),
    Layer.provide(telemetry.layer(settings)),
    Layer.provide(Readiness.layer)
  )

/** The verifier, with HTTPS and the cache: in memory alone, or shared in Redis. */
export const layerVerifier = (settings: Settings, egress: EgressOptions) => {
  const policy = toPolicy(settings)
  return Verifier.layerNoDeps(policy).pipe(
    Layer.provide([HttpsFetcher.layer(egress), layerCache(settings, policy)])
  )
}

/**
 * Logs the URL and sets the readiness. On shutdown, it still answers for the drain delay, so that load balancers see that
 * it is not ready.
 */
const announced = (drainDelay: number) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const readiness = yield* Readiness
    const listener = yield* Listener
    const leave = Effect.andThen(readiness.become("stopping"), listener.drain)
    yield* Effect.acquireRelease(readiness.become("ready"), () => Effect.andThen(leave, Effect.sleep(drainDelay)))
    yield* logAlways(`listening on ${listener.url}`)
  }))

/** Reloads TLS files when they change. */
const renewed = (settings: Settings, tls: AccessFiles["tls"]) =>
  tls === undefined
    ? Layer.empty
    : Layer.effectDiscard(Effect.flatMap(Listener, ({ renew }) => followTls(settings, tls, renew)))
