/**
 * Starts the service. SIGTERM and SIGINT stop it after a drain.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Console, Effect, Exit, Layer, Runtime } from "effect"
import { readAccess } from "./access/access.ts"
import { layerApp } from "./App.ts"
import { environment, readSettings, unknownVariables } from "./config/Config.ts"
import { egressFault, toEgressOptions } from "./config/policy.ts"
import { layerLogging } from "./telemetry/logging.ts"

const service = Effect.gen(function*() {
  const env = yield* environment
  const settings = yield* Effect.fromResult(readSettings(env))
  const egress = yield* toEgressOptions(settings)
  const access = yield* readAccess(settings)
  return yield* Effect.forEach(unknownVariables(env), (warning) => Effect.logWarning(warning)).pipe(
    Effect.andThen(Layer.launch(layerApp(settings, egress, access))),
    Effect.catchTag("EgressConfigError", (error) => Effect.fail(egressFault(error))),
    Effect.provide(layerLogging(settings))
  )
})

/** A configuration error is one line on stderr, without a stack trace. */
const reported = service.pipe(
  Effect.tapError(({ message }) => Console.error(`posh: ${message}`)),
  Effect.tapDefect((defect) => Effect.logError(defect))
)

/** Exit code 0 after a signal: orchestrators take any other code for a failure. */
const teardown: Runtime.Teardown = (exit, onExit) =>
  Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? onExit(0) : Runtime.defaultTeardown(exit, onExit)

NodeRuntime.runMain(reported, { teardown, disableErrorReporting: true })
