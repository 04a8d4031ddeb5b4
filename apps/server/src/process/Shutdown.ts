/**
 * The end of a run, as the log tells it: what asked for it, how long it took, what was cut off.
 */
import { Clock, Context, Effect, Layer } from "effect"

export interface ShutdownShape {
  /** The service begins to stop. */
  readonly begin: Effect.Effect<void>
  /** So many requests were not answered to the end. */
  readonly cut: (requests: number) => void
}

/** Nothing is told where nobody provides it, as in tests of parts. */
export const Shutdown: Context.Reference<ShutdownShape> = Context.Reference<ShutdownShape>(
  "posh/server/process/Shutdown",
  { defaultValue: () => ({ begin: Effect.void, cut: () => undefined }) }
)

const signals: ReadonlyArray<NodeJS.Signals> = ["SIGTERM", "SIGINT", "SIGQUIT"]

/** Provide it beneath everything else: its scope ends last. */
export const layerShutdown = Layer.effect(Shutdown)(Effect.gen(function*() {
  const state: { signal: string; since: number | undefined; cut: number } = { signal: "", since: undefined, cut: 0 }
  yield* Effect.forEach(signals, (signal) => {
    const note = () => void (state.signal ||= signal)
    return Effect.acquireRelease(
      // Before the listener that stops the service.
      Effect.sync(() => process.prependListener(signal, note)),
      () => Effect.sync(() => process.off(signal, note))
    )
  })
  yield* Effect.addFinalizer(() =>
    Effect.gen(function*() {
      if (state.since === undefined) return
      const seconds = ((yield* Clock.currentTimeMillis) - state.since) / 1_000
      const cut = state.cut === 0 ? "" : `, ${state.cut} ${state.cut === 1 ? "request" : "requests"} cut`
      yield* Effect.logInfo(`stopped after ${seconds.toFixed(1)} s${cut}`)
    })
  )
  return {
    begin: Effect.gen(function*() {
      state.since = yield* Clock.currentTimeMillis
      yield* Effect.logInfo(state.signal === "" ? "stopping" : `stopping (${state.signal})`)
    }),
    cut: (requests) => void (state.cut += requests)
  }
}))
