/**
 * Runs a worker: the service, with the part of the limits that is its own, announced by the parent.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer } from "effect"
import { layerApp } from "./App.ts"
import { settingsOfOne } from "./config/perWorker.ts"
import { egressFault } from "./config/policy.ts"
import { asWorker } from "./hosting.ts"
import { prepare } from "./prepare.ts"
import { teardown } from "./start.ts"
import { layerLogging } from "./telemetry/logging.ts"
import { Standing } from "./telemetry/standing.ts"
import { connectParent, type ParentLink } from "./workers/ParentLink.ts"

const serve = (link: ParentLink) =>
  Effect.gen(function*() {
    const { isPretty, port, worker, workers } = link.start
    const { access, egress, settings, standing } = yield* prepare
    const logFormat = isPretty ? "pretty" : "json"
    const own = settingsOfOne({ ...settings, port, logFormat }, workers)
    return yield* Layer.launch(layerApp(own, egress, access, asWorker(link))).pipe(
      Effect.raceFirst(leaveWithParent(link, own.drainDelay)),
      Effect.catchTag("EgressConfigError", (error) => Effect.fail(egressFault(error))),
      Effect.tapDefect((defect) => Effect.logError(defect)),
      Effect.annotateLogs({ worker }),
      Effect.provideService(Standing, standing),
      Effect.provide(layerLogging(own))
    )
  }).pipe(Effect.tapError(({ message }) => link.reportFault(message)))

/** Milliseconds beside the drain delay until a worker without a parent is killed, should its drain not end. */
const lastMs = 20_000

/** A worker whose parent has gone drains as after a signal, and never stays. */
const leaveWithParent = ({ gone }: ParentLink, drainDelay: number): Effect.Effect<never> =>
  gone.pipe(
    Effect.andThen(Effect.logError("the parent has gone: stopping")),
    Effect.andThen(Effect.forkDetach(Effect.delay(end("SIGKILL"), drainDelay + lastMs))),
    Effect.andThen(end("SIGTERM")),
    Effect.andThen(Effect.never)
  )

const end = (signal: NodeJS.Signals) => Effect.sync(() => void process.kill(process.pid, signal))

NodeRuntime.runMain(Effect.flatMap(connectParent, serve), { teardown, disableErrorReporting: true })
