/**
 * Should questions be sent here?
 */
import type { Ready } from "@posh/api"
import { Context, Effect, Layer, Ref } from "effect"

type State = Ready["status"]

/** One state for the process; the listener changes it as it comes and goes. */
export class Readiness extends Context.Service<Readiness, {
  /** `degraded` in place of `ready` while something is missing that answers can do without. */
  readonly state: Effect.Effect<State>
  readonly become: (state: State) => Effect.Effect<void>
  readonly degrade: (isDegraded: boolean) => Effect.Effect<void>
}>()("posh/server/Readiness") {
  static readonly layer = Layer.effect(
    Readiness,
    Effect.gen(function*() {
      const state = yield* Ref.make<State>("starting")
      const degraded = yield* Ref.make(false)
      return Readiness.of({
        state: Effect.zipWith(
          Ref.get(state),
          Ref.get(degraded),
          (current, isDegraded) => current === "ready" && isDegraded ? "degraded" : current
        ),
        become: (next) => Ref.set(state, next),
        degrade: (isDegraded) => Ref.set(degraded, isDegraded)
      })
    })
  )
}
