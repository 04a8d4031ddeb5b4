/**
 * The readiness of the process, as `/health/ready` reports it.
 */
import type { Ready } from "@posh/api"
import { Context, Effect, Layer, Ref } from "effect"

export type State = Ready["status"]

/** Does it answer questions? */
export const isServing = (state: State): state is "ready" | "degraded" => state === "ready" || state === "degraded"

/** `App.ts` sets the state when the listener starts and stops. */
export class Readiness extends Context.Service<Readiness, {
  /** `degraded` in place of `ready` while a dependency is away that answers do not need, such as Redis. */
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
