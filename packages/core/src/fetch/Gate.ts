/**
 * A budget of one site or source: so many at once, so many a minute, and a bounded queue before it in which those who
 * caused the requests take turns (see {@link FairQueue}).
 *
 * **Details**
 *
 * Nobody is let in who could not be within an attempt: for one more there is then no place, unless another group has more
 * waiting. What waits has spent nothing, so whoever leaves the queue costs nothing.
 */
import { Deferred, Effect, Fiber } from "effect"
import { monotonicMs } from "../question/Stamp.ts"
import { type FairQueue, makeFairQueue, type Path } from "./FairQueue.ts"

/** There is no place; there would be after so many milliseconds. */
export interface GateError {
  readonly retryAfterMs: number
}

export interface Gate {
  /**
   * Runs the work in its turn. `wait` is put around the time until then, if there is any; interruption leaves the queue.
   */
  readonly pass: <A, E, F>(
    work: Effect.Effect<A, E>,
    entry: {
      readonly path: Path
      /** Milliseconds that a turn may be away. */
      readonly withinMs: number
      readonly wait: (turn: Effect.Effect<void, GateError>) => Effect.Effect<void, F>
    }
  ) => Effect.Effect<A, E | F>
  /** Nobody is inside or waits, and nothing is owed: the gate can be forgotten. */
  readonly isIdle: (now: number) => boolean
}

interface Waiter {
  readonly turn: Deferred.Deferred<void, GateError>
  isInside: boolean
}

export const makeGate = (concurrent: number, perMinute: number): Gate => {
  const queue: FairQueue<Waiter> = makeFairQueue()
  const bucket = makeBucket(perMinute)
  let inside = 0
  let ticker: Fiber.Fiber<void> | undefined

  const admit = (now: number): void => {
    while (inside < concurrent && queue.size() > 0 && bucket.waitMs(now) === 0) {
      const waiter = queue.take()
      if (waiter === undefined) return
      bucket.take(now)
      inside += 1
      waiter.isInside = true
      Deferred.doneUnsafe(waiter.turn, Effect.void)
    }
  }

  /** Only time lets the next one in; else who leaves does. */
  const isDue = () => inside < concurrent && queue.size() > 0

  const tick: Effect.Effect<void> = Effect.flatMap(monotonicMs, (now) => {
    admit(now)
    if (isDue()) return Effect.andThen(Effect.sleep(Math.ceil(bucket.waitMs(now))), tick)
    ticker = undefined
    return Effect.void
  })

  /** One fiber for each gate that somebody waits for, and of nobody who waits: any of them may go. */
  const ensureTicker = Effect.suspend(() =>
    ticker !== undefined || !isDue() ?
      Effect.void :
      Effect.map(Effect.forkDetach(Effect.interruptible(tick)), (fiber) => {
        if (fiber.pollUnsafe() === undefined) ticker = fiber
      })
  )

  const join = (path: Path, withinMs: number, now: number): Waiter => {
    const waiter: Waiter = { turn: Deferred.makeUnsafe(), isInside: false }
    const waitMs = bucket.waitMs(now, queue.size() + 1)
    const shedWaiter = waitMs <= withinMs ? undefined : queue.victimFor(path) ?? waiter
    if (shedWaiter !== waiter) queue.add(path, waiter)
    if (shedWaiter !== undefined) {
      queue.remove(shedWaiter)
      shed(shedWaiter, waitMs)
    }
    admit(now)
    return waiter
  }

  const leave = (waiter: Waiter) =>
    Effect.flatMap(monotonicMs, (now) => {
      if (waiter.isInside) inside -= 1
      else queue.remove(waiter)
      admit(now)
      const idle = ticker
      if (idle === undefined || isDue()) return ensureTicker
      ticker = undefined
      return Effect.sync(() => idle.interruptUnsafe())
    })

  return {
    pass: (work, { path, wait, withinMs }) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(monotonicMs, (now) => {
          const waiter = join(path, withinMs, now)
          const turn = waiter.isInside ? Effect.void : wait(awaitTurn(waiter.turn))
          return Effect.andThen(ensureTicker, restore(Effect.andThen(turn, work))).pipe(Effect.ensuring(leave(waiter)))
        })
      ),
    isIdle: (now) => inside === 0 && queue.size() === 0 && bucket.isFull(now)
  }
}

/** Goes on from the top of a stack: who is let in may leave at once and let in the next, and so on. */
const awaitTurn = (turn: Waiter["turn"]): Effect.Effect<void, GateError> =>
  Deferred.await(turn).pipe(Effect.result, Effect.tap(Effect.yieldNow), Effect.flatMap(Effect.fromResult))

const shed = ({ turn }: Waiter, waitMs: number): void =>
  void Deferred.doneUnsafe(turn, Effect.fail({ retryAfterMs: Math.ceil(waitMs) }))

/** A token bucket: `perMinute` at once, and refilled evenly. State is one instant, so a full one is worth nothing. */
const makeBucket = (perMinute: number) => {
  const interval = 60_000 / perMinute
  let fullAt = 0
  const debtMs = (now: number) => Math.max(0, fullAt - now)
  return {
    /** Milliseconds until there are so many tokens. */
    waitMs: (now: number, tokens = 1) => Math.max(0, debtMs(now) - (perMinute - tokens) * interval),
    take: (now: number) => {
      fullAt = now + debtMs(now) + interval
    },
    isFull: (now: number) => debtMs(now) === 0
  }
}
