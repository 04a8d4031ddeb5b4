/**
 * Composes the parent of several workers: it answers no questions.
 */
import { type EgressOptions, HttpsFetcher } from "@posh/core/node"
import { Context, Effect, Layer } from "effect"
import { supervision } from "./config/Config.ts"
import { egressFault } from "./config/policy.ts"
import type { Settings } from "./config/variables.ts"
import { ServiceManager } from "./process/notify/ServiceManager.ts"
import { layerShutdown, Shutdown } from "./process/Shutdown.ts"
import { isServing, Readiness } from "./service/Readiness.ts"
import { logAlways } from "./telemetry/logging.ts"
import { Metrics } from "./telemetry/Metrics.ts"
import { watchProcess } from "./telemetry/process.ts"
import { Crew } from "./workers/Crew.ts"
import { layerWorkers, Workers } from "./workers/layerWorkers.ts"

/** Runs until a signal, or until no worker can serve. */
export const runWorkers = (settings: Settings, egress: EgressOptions) =>
  Effect.gen(function*() {
    // Each worker would find it, and say so. OpenSSL has to take the roots.
    yield* Effect.mapError(Effect.scoped(Layer.build(HttpsFetcher.layer(egress))), egressFault)
    const logFormat = process.stdout.isTTY && settings.logFormat === "auto" ? "pretty" : settings.logFormat
    const parent = yield* Layer.build(layerParent({ ...settings, logFormat }))
    return yield* Context.get(parent, Workers).failure
  }).pipe(Effect.scoped)

const layerParent = (settings: Settings) =>
  announced.pipe(
    Layer.provide(Layer.unwrap(Effect.map(supervision, ServiceManager.layer))),
    Layer.provideMerge(layerWorkers(settings)),
    Layer.provide(layerOperations(settings)),
    Layer.provide(layerMetrics(settings)),
    Layer.provide(layerReadiness),
    Layer.provide(Crew.layer(settings)),
    Layer.provide(layerShutdown)
  )

/** Logs the URL when all workers are ready, and reports to the service manager. Workers drain by themselves. */
const announced = Layer.effectDiscard(Effect.gen(function*() {
  const crew = yield* Crew
  const manager = yield* ServiceManager
  const { begin } = yield* Shutdown
  const count = crew.slots.length
  yield* Effect.acquireRelease(
    Effect.void,
    () => Effect.andThen(begin, Effect.andThen(Effect.sync(crew.beginStop), Effect.forkDetach(manager.reportStopping)))
  )
  yield* logAlways(`listening on ${crew.url()}`)
  yield* manager.reportReady(Effect.sync(() => ({
    status: `${crew.state()}, ${crew.serving()} of ${count} workers, listening on ${crew.url()}`,
    isHealthy: isServing(crew.state())
  })))
}))

const layerReadiness = Layer.effect(
  Readiness,
  Effect.map(
    Crew,
    ({ state }) => Readiness.of({ state: Effect.sync(state), become: () => Effect.void, degrade: () => Effect.void })
  )
)

/** Parts of the parent count into its own metrics, and read those of all processes. */
const layerMetrics = ({ metrics }: Settings) =>
  metrics === "off" ? Layer.empty : Layer.effect(
    Metrics,
    Effect.gen(function*() {
      const crew = yield* Crew
      yield* watchProcess(crew.own)
      crew.own.cell("posh_workers").read = crew.serving
      crew.own.cell("posh_workers_wanted").value = crew.slots.length
      return { ...crew.own, text: crew.metrics }
    })
  )

/** In the parent, so that probes and Prometheus get an answer whatever workers do. Loads the router only where it is needed. */
const layerOperations = (settings: Settings) =>
  settings.opsPort === undefined
    ? Layer.empty
    : Layer.unwrap(Effect.map(Effect.promise(() => import("./http/operations.ts")), ({ layer }) => layer(settings)))
