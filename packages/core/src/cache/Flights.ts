/**
 * One flight per key: questions that arrive during a resolution wait for its result (POSH-RES-92).
 */
import { type Cause, Clock, Deferred, Effect, Exit, Fiber, type Scope } from "effect"
import type { Waiting } from "../fetch/Fetcher.ts"
import { type Stamp, stampOf } from "../question/Stamp.ts"

/** A resolution under way. */
export interface Flight<A> {
  /** When it began. It does not serve a question that needs a later request. */
  readonly began: Stamp
  readonly result: Deferred.Deferred<A>
  /** The budget that its current request waits for, if any. */
  readonly waiting: Waiting
  /** The key was purged during the flight, so the result must not be stored. */
  readonly discarded: boolean
  /** Later questions start a new flight; those that wait still get the result of this one. */
  readonly discard: () => void
  waiters: number
  /** It continues without waiters: it is a background refresh, or a waiter timed out. */
  unattended: boolean
  fiber: Fiber.Fiber<A> | undefined
}

export interface Flights<A> {
  /**
   * Waits for the flight of a key, and starts one if there is none. When the last waiter was interrupted, the flight is
   * cancelled. On a time-out the caller gets the result of `onLate`; the flight continues within the budget of the
   * attempt, and its result is stored for the next question.
   */
  readonly join: (
    key: string,
    work: (flight: Flight<A>) => Effect.Effect<A>,
    wait: { readonly ms: number; readonly onLate: (flight: Flight<A>) => A }
  ) => Effect.Effect<{ readonly outcome: A; readonly joined: boolean; readonly began: Stamp }>
  /** Starts a flight in the background, unless one is under way. */
  readonly start: (key: string, work: (flight: Flight<A>) => Effect.Effect<A>) => Effect.Effect<void>
  readonly isUnderWay: (key: string) => boolean
  readonly discard: (key: string) => void
}

/** `onLost` gives the result of a flight that was cancelled or died of a defect. */
export const makeFlights = <A>(
  onLost: (cause: Cause.Cause<never>) => A
): Effect.Effect<Flights<A>, never, Scope.Scope> =>
  Effect.zipWith(Effect.scope, Clock.Clock, (scope, clock) => {
    const flights = new Map<string, Flight<A>>()

    const remove = (key: string, flight: Flight<A>) => {
      if (flights.get(key) === flight) flights.delete(key)
    }

    const launch = (key: string, work: (flight: Flight<A>) => Effect.Effect<A>) =>
      Effect.suspend(() => {
        const state = { discarded: false }
        const flight: Flight<A> = {
          began: stampOf(clock),
          result: Deferred.makeUnsafe<A>(),
          waiting: {},
          get discarded() {
            return state.discarded
          },
          discard: () => {
            state.discarded = true
            remove(key, flight)
          },
          waiters: 0,
          unattended: false,
          fiber: undefined
        }
        flights.set(key, flight)
        return Effect.suspend(() => work(flight)).pipe(
          // POSH-SEC-02: whoever waits learns nothing of it, so the operator has to.
          Effect.tapDefect((defect) => Effect.logError("a resolution failed unexpectedly", defect)),
          Effect.interruptible,
          Effect.forkIn(scope),
          Effect.map((fiber) => {
            flight.fiber = fiber
            // An observer, because a fiber that is interrupted before it starts runs no finalizers.
            fiber.addObserver((exit) => {
              remove(key, flight)
              const outcome = Exit.isSuccess(exit) ? exit.value : onLost(exit.cause)
              Deferred.doneUnsafe(flight.result, Effect.succeed(outcome))
            })
            return flight
          })
        )
      })

    const leave = (key: string, flight: Flight<A>) =>
      Effect.suspend(() => {
        flight.waiters -= 1
        if (flight.waiters > 0 || flight.unattended || flight.fiber === undefined) return Effect.void
        remove(key, flight)
        return Effect.asVoid(Effect.forkIn(Fiber.interrupt(flight.fiber), scope))
      })

    return {
      join: (key, work, wait) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.suspend(() => {
            const current = flights.get(key)
            return Effect.flatMap(current === undefined ? launch(key, work) : Effect.succeed(current), (flight) => {
              flight.waiters += 1
              return restore(Deferred.await(flight.result)).pipe(
                Effect.timeoutOrElse({
                  duration: Math.max(0, wait.ms),
                  orElse: () =>
                    Effect.sync(() => {
                      flight.unattended = true
                      return wait.onLate(flight)
                    })
                }),
                restore,
                Effect.ensuring(leave(key, flight)),
                Effect.map((outcome) => ({ outcome, joined: current !== undefined, began: flight.began }))
              )
            })
          })
        ),
      start: (key, work) =>
        Effect.suspend(() => {
          if (flights.has(key)) return Effect.void
          return Effect.map(launch(key, work), (flight) => {
            flight.unattended = true
          })
        }),
      isUnderWay: (key) => flights.has(key),
      discard: (key) => flights.get(key)?.discard()
    }
  })
