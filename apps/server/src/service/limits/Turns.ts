/**
 * Cooperative scheduling of work that would block the event loop: it runs in time slices, and the event loop runs between
 * them. A turn has a few slices, so that a usual batch ends in one: works that alternate all live until the last of them
 * ends, and the collector copies them meanwhile.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect, Semaphore } from "effect"
import { callerBounds } from "./bounds.ts"

/** Work that yields every few milliseconds at most, so that a slice can end there. */
export type Pieces<A> = () => Generator<unknown, A>

/** Runs the work in slices, in turn with all other such work. Interruptible between slices only. */
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
      /** Milliseconds that the work has run in its turn. */
      let usedMs = 0
      const go = Effect.sync((): IteratorResult<unknown, A> => {
        const beganAt = monotonicMsOf(clock)
        let piece = work.next()
        while (piece.done !== true && !isOver()) piece = work.next()
        usedMs += monotonicMsOf(clock) - beganAt
        return piece
      })
      const turn: Effect.Effect<IteratorResult<unknown, A>> = Effect.flatMap(
        Effect.andThen(next, go),
        (piece) => piece.done === true || usedMs >= callerBounds.turnMs ? Effect.succeed(piece) : turn
      )
      const run: Effect.Effect<A> = Effect.flatMap(
        turns.withPermit(turn),
        (piece) => {
          usedMs = 0
          return piece.done === true ? Effect.succeed(piece.value) : run
        }
      )
      return run
    })
})

/** Only waits for a slice; what runs synchronously afterwards counts to it. */
export const noPieces: Pieces<void> = function*() {}

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
