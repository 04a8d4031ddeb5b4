/**
 * The end of the listener, for calls that would not end by themselves.
 */
import { Context, Deferred, Effect, Layer } from "effect"

export class Drain extends Context.Service<Drain, {
  readonly begin: Effect.Effect<void>
  readonly awaited: Effect.Effect<void>
  readonly hasBegun: Effect.Effect<boolean>
}>()("posh/server/grpc/Drain") {
  static readonly layer = Layer.effect(
    Drain,
    Effect.map(
      Deferred.make<void>(),
      (begun) =>
        Drain.of({
          begin: Effect.asVoid(Deferred.succeed(begun, undefined)),
          awaited: Deferred.await(begun),
          hasBegun: Deferred.isDone(begun)
        })
    )
  )
}
