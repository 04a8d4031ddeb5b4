/**
 * Should questions be sent here?
 */
import type { Ready } from "@posh/api"
import { Context, Effect, Layer, Ref } from "effect"

type State = Ready["status"]

/** One state for the process; the listener changes it as it comes and goes. */
export class Readiness extends Context.Service<Readiness, {
  readonly state: Effect.Effect<State>
  readonly become: (state: State) => Effect.Effect<void>
}>()("posh/server/Readiness") {
  static readonly layer = Layer.effect(
    Readiness,
    Effect.map(
      Ref.make<State>("starting"),
      (state) => Readiness.of({ state: Ref.get(state), become: (next) => Ref.set(state, next) })
    )
  )
}
