/**
 * Starts the service. A signal stops it after a drain.
 */
import { Cause, Clock, Console, Effect, Exit, Layer, Runtime } from "effect"
import { environment } from "./config/Config.ts"
import { egressFault } from "./config/policy.ts"
import { variables } from "./config/variables.ts"
import { prepare, type Prepared } from "./prepare.ts"
import { productVersion } from "./process/version.ts"
import { layerLogging } from "./telemetry/logging.ts"
import { Standing } from "./telemetry/standing.ts"

const service = Effect.gen(function*() {
  const prepared = yield* prepare
  const { changed, settings, standing, warnings } = prepared
  const announced = Effect.logInfo(`starting posh ${productVersion} on Node.js ${process.versions.node}`).pipe(
    Effect.annotateLogs({ settings: changed.join(" ") || "defaults" })
  )
  const run = Effect.gen(function*() {
    yield* announced
    yield* Effect.forEach(warnings, (warning) => Effect.logWarning(warning))
    return yield* settings.workers === 1 ? inThisProcess(prepared) : inWorkers(prepared)
  })
  return yield* run.pipe(Effect.provideService(Standing, standing), Effect.provide(layerLogging(settings)))
})

// Each loads what it needs: a parent of workers answers no questions.
const inThisProcess = ({ access, egress, settings }: Prepared) =>
  Effect.promise(() => import("./App.ts")).pipe(
    Effect.flatMap(({ layerApp }) => Layer.launch(layerApp(settings, egress, access))),
    Effect.catchTag("EgressConfigError", (error) => Effect.fail(egressFault(error)))
  )

const inWorkers = ({ egress, settings }: Prepared) =>
  Effect.flatMap(
    Effect.promise(() => import("./startWorkers.ts")),
    ({ runWorkers }) => runWorkers(settings, egress)
  )

/** A configuration error is one line on stderr, without a stack trace; where logs are to be JSON, a line of JSON. */
export const start = service.pipe(
  Effect.tapError(({ message }) =>
    Effect.flatMap(Effect.zip(environment, Clock.currentTimeMillis), ([env, now]) =>
      Console.error(
        env[variables.logFormat.name] === "json"
          ? JSON.stringify({ message, level: "ERROR", timestamp: new Date(now).toISOString() })
          : `posh: ${message}`
      ))
  ),
  Effect.tapDefect((defect) => Effect.logError(defect))
)

/** Exit code 0 after a signal: orchestrators take any other code for a failure. */
export const teardown: Runtime.Teardown = (exit, onExit) =>
  Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? onExit(0) : Runtime.defaultTeardown(exit, onExit)
