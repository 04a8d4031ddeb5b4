/**
 * Work that would hold the event loop for long, in slices: one slice, of whoever's turn it is, and then everything else
 * that has come meanwhile.
 */
import { Effect, Semaphore } from "effect"

export type InTurn = <A>(slice: () => A) => Effect.Effect<A>

export const makeTurns = (): InTurn => {
  const turns = Semaphore.makeUnsafe(1)
  return (slice) => turns.withPermit(Effect.tap(Effect.sync(slice), Effect.yieldNow))
}
