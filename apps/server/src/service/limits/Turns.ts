/**
 * Work that would hold the event loop for long, in slices that end by the clock: one slice, of whoever's turn it is, and
 * then everything else that has come meanwhile.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect, Semaphore } from "effect"
import { callerBounds } from "./bounds.ts"

/** Work in pieces, each of which takes a few milliseconds at the most: the clock is looked at between them. */
export type Pieces<A> = () => Iterator<unknown, A>

/** Does the work in turns with all other such work. Pieces may not be interrupted, and between slices it may. */
export type InTurn = <A>(pieces: Pieces<A>) => Effect.Effect<A>

export const makeTurns: Effect.Effect<InTurn> = Effect.map(Clock.Clock, (clock): InTurn => {
  const turns = Semaphore.makeUnsafe(1)
  // Short work of many shares a slice, so the slice is that of the process, not that of the work.
  const slice = { beganAt: Number.NEGATIVE_INFINITY }
  const isOver = () => monotonicMsOf(clock) - slice.beganAt >= callerBounds.sliceMs
  const begin = Effect.sync(() => void (slice.beganAt = monotonicMsOf(clock)))
  const next = Effect.suspend(() => isOver() ? Effect.andThen(Effect.yieldNow, begin) : Effect.void)

  return <A>(pieces: Pieces<A>) =>
    Effect.suspend(() => {
      const work = pieces()
      const go = Effect.sync((): IteratorResult<unknown, A> => {
        let piece = work.next()
        while (piece.done !== true && !isOver()) piece = work.next()
        return piece
      })
      const run: Effect.Effect<A> = Effect.flatMap(
        turns.withPermit(Effect.andThen(next, go)),
        (piece) => piece.done === true ? Effect.succeed(piece.value) : run
      )
      return run
    })
})

/** Waits for the turn; what follows at once counts as its work. */
export const noPieces: Pieces<void> = () => ({ next: () => ({ done: true, value: undefined }) })

/** Work that is one piece. */
export const onePiece = <A>(work: () => A): Pieces<A> =>
  function*() {
    yield
    return work()
  }

/** A piece for each element. */
export const eachPiece = <A, B>(all: Iterable<A>, work: (element: A) => B): Pieces<Array<B>> =>
  function*() {
    const done: Array<B> = []
    for (const element of all) {
      done.push(work(element))
      yield
    }
    return done
  }
