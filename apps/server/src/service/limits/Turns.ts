/**
 * Cooperative scheduling of work that would block the event loop: it runs in time slices, in turn, and the event loop
 * runs between them.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect, Semaphore } from "effect"
import { callerBounds } from "./bounds.ts"

/** Work that yields every few milliseconds at most, so that a slice can end there. */
export type Pieces<A> = () => Iterator<unknown, A>

/** Runs the work in slices, alternating with all other such work. Interruptible between slices only. */
export type InTurn = <A>(pieces: Pieces<A>) => Effect.Effect<A>

export const makeTurns: Effect.Effect<InTurn> = Effect.map(Clock.Clock, (clock): InTurn => {
  const turns = Semaphore.makeUnsafe(1)
  // One slice for the whole process: many short tasks share it.
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

/** Only waits for a slice; what runs synchronously afterwards counts to it. */
export const noPieces: Pieces<void> = () => ({ next: () => ({ done: true, value: undefined }) })

/** Work that cannot be split. */
export const onePiece = <A>(work: () => A): Pieces<A> =>
  function*() {
    yield
    return work()
  }

/** One piece per element. */
export const eachPiece = <A, B>(all: Iterable<A>, work: (element: A) => B): Pieces<Array<B>> =>
  function*() {
    const done: Array<B> = []
    for (const element of all) {
      done.push(work(element))
      yield
    }
    return done
  }
