/**
 * Where a service runs: in a process of its own, or as one of several workers.
 */
import { Effect, Layer, Option } from "effect"
import { supervision } from "./config/Config.ts"
import { ServiceManager } from "./process/notify/ServiceManager.ts"
import { layerShutdown, Shutdown } from "./process/Shutdown.ts"
import { Overall, type OverallShape } from "./service/Overall.ts"
import { Readiness } from "./service/Readiness.ts"
import { logAlways } from "./telemetry/logging.ts"
import { Metrics } from "./telemetry/Metrics.ts"
import type { ParentLink } from "./workers/ParentLink.ts"

export interface Hosting {
  /** Does this process serve `POSH_OPS_PORT` itself, if it is set? */
  readonly hasOperations: boolean
  /** What the routes of health and metrics tell, where that is more than this process. */
  readonly overall: OverallShape | undefined
  readonly manager: Layer.Layer<ServiceManager>
  /** Who tells of the end. */
  readonly shutdown: Layer.Layer<never>
  /** The service answers at this URL. */
  readonly announce: (url: string) => Effect.Effect<void, never, Readiness>
}

export const alone: Hosting = {
  hasOperations: true,
  overall: undefined,
  manager: Layer.unwrap(Effect.map(supervision, ServiceManager.layer)),
  shutdown: layerShutdown,
  announce: (url) => logAlways(`listening on ${url}`)
}

/** The parent announces, and speaks with the service manager. */
export const asWorker = ({ overall, reportReady, shutdown }: ParentLink): Hosting => ({
  hasOperations: false,
  overall,
  manager: ServiceManager.layer(undefined),
  shutdown: Layer.succeed(Shutdown, shutdown),
  announce: (url) =>
    Effect.gen(function*() {
      const { state } = yield* Readiness
      const metrics = Option.getOrUndefined(yield* Effect.serviceOption(Metrics))
      const runSync = Effect.runSyncWith(yield* Effect.context())
      yield* Effect.sync(() => reportReady(url, { state: () => runSync(state), metrics }))
    })
})

/** What {@link Hosting.overall} says, for the routes. */
export const layerOverall = ({ overall }: Hosting): Layer.Layer<never> => Layer.succeed(Overall, overall)
