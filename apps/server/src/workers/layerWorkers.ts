/**
 * Runs all workers while the layer exists. Built when all are ready.
 */
import { Context, Deferred, Effect, Layer } from "effect"
import { Shutdown } from "../process/Shutdown.ts"
import { Crew, type CrewSettings } from "./Crew.ts"
import type { Slot } from "./Slot.ts"
import { superviseSlot, type WorkersError } from "./superviseSlot.ts"
import { setUpWorkers } from "./WorkerProcess.ts"

export class Workers extends Context.Service<Workers, {
  /** Fails when no worker can serve any more. */
  readonly failure: Effect.Effect<never, WorkersError>
}>()("posh/server/workers/Workers") {}

/**
 * Milliseconds beside the drain delay until workers that do not end are killed: requests may take ten seconds of them, and the last
 * records of the decision log two.
 */
const stopMs = 20_000

/** Milliseconds: a second signal ends everything at once. Within this time it may be the same one, from terminal and npm. */
const secondSignalMs = 1_000

export const layerWorkers = (settings: CrewSettings): Layer.Layer<Workers, WorkersError, Crew> =>
  Layer.effect(Workers)(Effect.gen(function*() {
    const crew = yield* Crew
    const shutdown = yield* Shutdown
    const failed = Deferred.makeUnsafe<never, WorkersError>()
    const ready = Deferred.makeUnsafe<void>()
    crew.onReady(() => {
      if (crew.slots.every(({ readyAt }) => readyAt !== undefined)) Deferred.doneUnsafe(ready, Effect.void)
    })
    yield* setUpWorkers
    yield* Effect.forEach(
      crew.slots,
      (slot) =>
        Effect.forkScoped(Effect.catch(superviseSlot(crew, settings, slot), (error) => Deferred.fail(failed, error)))
    )
    yield* passSignals(crew)
    yield* Effect.addFinalizer(() => Effect.andThen(stop(crew, settings), Effect.sync(() => shutdown.cut(crew.cut()))))
    const failure = Deferred.await(failed)
    yield* Effect.raceFirst(Deferred.await(ready), failure)
    return { failure }
  }))

const killAll = ({ slots }: Crew["Service"], signal: NodeJS.Signals): void => {
  for (const { process } of slots) process?.kill(signal)
}

/** SIGHUP is for who watches files. Of the others, the first stops the service in order, and the second at once. */
const passSignals = (crew: Crew["Service"]) =>
  Effect.gen(function*() {
    const first = { at: Number.POSITIVE_INFINITY }
    const onHangUp = () => killAll(crew, "SIGHUP")
    const onStop = () => {
      const now = performance.now()
      first.at = Math.min(first.at, now)
      if (now - first.at >= secondSignalMs) killAll(crew, "SIGKILL")
    }
    const listen = (signal: NodeJS.Signals, listener: () => void) =>
      Effect.acquireRelease(
        Effect.sync(() => process.on(signal, listener)),
        () => Effect.sync(() => process.off(signal, listener))
      )
    yield* listen("SIGHUP", onHangUp)
    yield* listen("SIGTERM", onStop)
    yield* listen("SIGINT", onStop)
  })

/** Every worker drains; what does not end in time is killed. */
const stop = (crew: Crew["Service"], { drainDelay }: CrewSettings): Effect.Effect<void> =>
  Effect.gen(function*() {
    crew.beginStop()
    killAll(crew, "SIGTERM")
    const allClosed = Effect.forEach(crew.slots, closedOf, { concurrency: "unbounded", discard: true })
    const isInTime = yield* Effect.timeoutOption(Effect.as(allClosed, true), drainDelay + stopMs)
    if (isInTime._tag === "Some") return
    yield* Effect.logError("workers did not end in time and are killed")
    killAll(crew, "SIGKILL")
    yield* Effect.ignore(Effect.timeout(allClosed, "2 seconds"))
  })

const closedOf = ({ process }: Slot): Effect.Effect<void> => process?.closed ?? Effect.void
