/**
 * The budget of one site or source: a limit on concurrency, a rate limit (token bucket), and a bounded fair queue
 * before them (see {@link FairQueue}).
 *
 * **Details**
 *
 * The queue accepts no request whose turn would come after the attempt's time-out. It sheds such a request, or one of a
 * group with more waiting requests. A waiting request has taken no token, so leaving the queue costs nothing.
 */
import { Deferred, Effect, Fiber } from "effect"
import { monotonicMs } from "../question/Stamp.ts"
import { type FairQueue, type GroupPath, makeFairQueue } from "./FairQueue.ts"

/** The queue is full; retry after so many milliseconds. */
export interface BudgetGateError {
  readonly retryAfterMs: number
}

export interface BudgetGate {
  /**
   * Runs the work when its turn comes. `wait` wraps the waiting, if there is any; interruption leaves the queue.
   */
  readonly pass: <A, E, F>(
    work: Effect.Effect<A, E>,
    entry: {
      readonly path: GroupPath
      /** Maximum of milliseconds until the turn. */
      readonly withinMs: number
      readonly wait: (turn: Effect.Effect<void, BudgetGateError>) => Effect.Effect<void, F>
    }
  ) => Effect.Effect<A, E | F>
  /** Nothing runs or waits, and the bucket is full: the gate can be deleted. */
  readonly isIdle: (now: number) => boolean
}

interface Waiter {
  readonly turn: Deferred.Deferred<void, BudgetGateError>
  isInside: boolean
}

export const makeBudgetGate = (concurrent: number, perMinute: number): BudgetGate => {
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

  /** The next request waits for a token, so only time admits it; otherwise the end of a running one does. */
  const isDue = () => inside < concurrent && queue.size() > 0

  const tick: Effect.Effect<void> = Effect.flatMap(monotonicMs, (now) => {
    admit(now)
    if (isDue()) return Effect.andThen(Effect.sleep(Math.ceil(bucket.waitMs(now))), tick)
    ticker = undefined
    return Effect.void
  })

  /** One detached fiber per gate with waiters. It belongs to no waiter, because any of them may be interrupted. */
  const ensureTicker = Effect.suspend(() =>
    ticker !== undefined || !isDue() ?
      Effect.void :
      Effect.map(Effect.forkDetach(Effect.interruptible(tick)), (fiber) => {
        if (fiber.pollUnsafe() === undefined) ticker = fiber
      })
  )

  const join = (path: GroupPath, withinMs: number, now: number): Waiter => {
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

/** Yields, so each request starts on a fresh stack: a chain of requests that end at once would overflow it. */
const awaitTurn = (turn: Waiter["turn"]): Effect.Effect<void, BudgetGateError> =>
  Deferred.await(turn).pipe(Effect.result, Effect.tap(Effect.yieldNow), Effect.flatMap(Effect.fromResult))

const shed = ({ turn }: Waiter, waitMs: number): void =>
  void Deferred.doneUnsafe(turn, Effect.fail({ retryAfterMs: Math.ceil(waitMs) }))

/** A token bucket with `perMinute` tokens, refilled evenly. Its state is the instant at which it is full again. */
const makeBucket = (perMinute: number) => {
  const interval = 60_000 / perMinute
  let fullAt = 0
  const debtMs = (now: number) => Math.max(0, fullAt - now)
  return {
    /** Milliseconds until `tokens` are available. */
    waitMs: (now: number, tokens = 1) => Math.max(0, debtMs(now) - (perMinute - tokens) * interval),
    take: (now: number) => {
      fullAt = now + debtMs(now) + interval
    },
    isFull: (now: number) => debtMs(now) === 0
  }
}
