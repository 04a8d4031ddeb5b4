/**
 * The whole service on one page, outside-in.
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
import { layerShutdown, Shutdown } from "./process/Shutdown.ts"
import { layerCache } from "./redis/layerCache.ts"
import { Decider } from "./service/Decider.ts"
import { layerLimits } from "./service/limits/layer.ts"
import { Readiness } from "./service/Readiness.ts"
import * as telemetry from "./telemetry/layer.ts"
import { logAlways } from "./telemetry/logging.ts"

/** The service; ready when built. */
export const layerApp = (settings: Settings, egress: EgressOptions, { guard, tls }: AccessFiles) =>
  announced(settings.drainDelay).pipe(
    Layer.provide(http.layer),
    Layer.provide([Decider.layer, Callers.layer(settings, guard)]),
    Layer.provide(layerLimits(settings)),
    Layer.provide(renewed(settings, tls)),
    Layer.provide(Listener.layer(settings, tls)),
    Layer.provide(layerVerifier(settings, egress)),
    Layer.provide(telemetry.layer(settings)),
    Layer.provide(Readiness.layer),
    Layer.provide(layerShutdown)
  )

/** The verifier over the network, with the cache of this process or of the fleet. */
export const layerVerifier = (settings: Settings, egress: EgressOptions) => {
  const policy = toPolicy(settings)
  return Verifier.layerNoDeps(policy).pipe(
    Layer.provide([HttpsFetcher.layer(egress), layerCache(settings, policy)])
  )
}

/**
 * Says where the service listens, and that it is ready until it stops. Then it answers on for a while, so that whoever
 * sends questions here has time to notice.
 */
const announced = (drainDelay: number) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const readiness = yield* Readiness
    const listener = yield* Listener
    const { begin } = yield* Shutdown
    const leave = Effect.all([begin, readiness.become("stopping"), listener.drain], { discard: true })
    yield* Effect.acquireRelease(readiness.become("ready"), () => Effect.andThen(leave, Effect.sleep(drainDelay)))
    yield* logAlways(`listening on ${listener.url}`)
  }))

/** New certificates are used as they come. */
const renewed = (settings: Settings, tls: AccessFiles["tls"]) =>
  tls === undefined
    ? Layer.empty
    : Layer.effectDiscard(Effect.flatMap(Listener, ({ renew }) => followTls(settings, tls, renew)))
