/**
 * The whole service on one page, outside-in.
 */
import { Verifier } from "@posh/core"
import { type EgressOptions, HttpsFetcher } from "@posh/core/node"
import { Effect, Layer } from "effect"
import type { AccessFiles } from "./access/access.ts"
import { Callers } from "./access/Callers.ts"
import { followTls } from "./access/Tls.ts"
import { supervision } from "./config/Config.ts"
import { toPolicy } from "./config/policy.ts"
import type { Settings } from "./config/variables.ts"
import { Listener } from "./http/listener/Listener.ts"
import * as operations from "./http/operations.ts"
import * as http from "./http/serve.ts"
import { ServiceManager } from "./process/notify/ServiceManager.ts"
import { layerCache } from "./redis/layerCache.ts"
import { Decider } from "./service/Decider.ts"
import { layerLimits } from "./service/limits/layer.ts"
import { Readiness } from "./service/Readiness.ts"
import * as telemetry from "./telemetry/layer.ts"
import { logAlways } from "./telemetry/logging.ts"

/** The service; ready when built. */
export const layerApp = (settings: Settings, egress: EgressOptions, { guard, tls }: AccessFiles) =>
  announced(settings.drainDelay).pipe(
    Layer.provide(Layer.unwrap(Effect.map(supervision, ServiceManager.layer))),
    Layer.provide(http.layer),
    Layer.provide(operations.layerPresence(settings)),
    Layer.provide([Decider.layer, Callers.layer(settings, guard)]),
    Layer.provide(layerLimits(settings)),
    Layer.provide(renewed(settings, tls)),
    Layer.provide(Listener.layer(settings, tls)),
    Layer.provide(layerVerifier(settings, egress)),
    // Answers probes while all of the above comes and goes.
    Layer.provide(operations.layer(settings)),
    Layer.provide(telemetry.layer(settings)),
    Layer.provide(Readiness.layer)
  )

/** The verifier over the network, with the cache of this process or of the fleet. */
export const layerVerifier = (settings: Settings, egress: EgressOptions) => {
  const policy = toPolicy(settings)
  return Verifier.layerNoDeps(policy).pipe(
    Layer.provide([HttpsFetcher.layer(egress), layerCache(settings, policy)])
  )
}

/**
 * Says where the service listens, and that it is ready until it stops; to the service manager as well. Then it answers on
 * for a while, so that whoever sends questions here has time to notice.
 */
const announced = (drainDelay: number) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const readiness = yield* Readiness
    const listener = yield* Listener
    const manager = yield* ServiceManager
    const leave = Effect.andThen(readiness.become("stopping"), listener.drain)
    const linger = Effect.all([manager.reportStopping, Effect.sleep(drainDelay)], { concurrency: 2, discard: true })
    yield* Effect.acquireRelease(readiness.become("ready"), () => Effect.andThen(leave, linger))
    yield* logAlways(`listening on ${listener.url}`)
    yield* manager.reportReady(Effect.map(readiness.state, (state) => ({
      status: `${state}, ${listener.isListening() ? `listening on ${listener.url}` : "not listening"}`,
      isIll: !listener.isListening()
    })))
  }))

/** New certificates are used as they come. */
const renewed = (settings: Settings, tls: AccessFiles["tls"]) =>
  tls === undefined
    ? Layer.empty
    : Layer.effectDiscard(Effect.flatMap(Listener, ({ renew }) => followTls(settings, tls, renew)))
