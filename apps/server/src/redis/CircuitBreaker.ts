/**
 * The circuit breaker around every command. A time-out or a broken connection opens it; for a period commands fail at
 * once without reaching Redis. A slow Redis costs at most one time-out per period.
 */
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect, Result } from "effect"
import { admit, type Breaker, closed, settle, type Ticket } from "./breakerStates.ts"
import { RedisError, toRedisError } from "./RedisError.ts"

export interface CircuitBreakerOptions {
  /** Milliseconds for which the breaker stays open. Default 5,000. Longer: cheaper outages, later recovery. */
  readonly periodMs?: number
  /** Classifies a rejection. Default: {@link toRedisError}. */
  readonly toError?: (cause: unknown) => RedisError
  /** Annotations of the lines of the log: which Redis it is. */
  readonly annotations?: Readonly<Record<string, string>>
}

/** `open` until a probe succeeds. */
export type BreakerState = "closed" | "open"

export interface CircuitBreaker {
  /** Sends unless the breaker is open, and hands on the result, once. */
  readonly attempt: <A>(send: () => Promise<A>, done: (result: Result.Result<A, RedisError>) => void) => void
  /**
   * The same as an effect. The result of a command counts even if its caller was interrupted: otherwise callers with short
   * deadlines would meet a slow Redis again and again.
   */
  readonly run: <A>(send: () => Promise<A>) => Effect.Effect<A, RedisError>
  readonly state: () => BreakerState
  /** Calls back on every change of state, until the returned function is called. */
  readonly onChange: (listener: (state: BreakerState) => void) => () => void
}

const defaultPeriodMs = 5_000

export const makeCircuitBreaker = (
  { annotations = {}, periodMs = defaultPeriodMs, toError = toRedisError }: CircuitBreakerOptions = {}
): Effect.Effect<CircuitBreaker> =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const runFork = Effect.runForkWith(yield* Effect.context())
    const listeners = new Set<(state: BreakerState) => void>()
    const current: { breaker: Breaker } = { breaker: closed }

    const now = () => monotonicMsOf(clock)
    const state = (): BreakerState => current.breaker._tag === "Closed" ? "closed" : "open"

    const end = (ticket: Ticket, error?: RedisError) => {
      const before = state()
      current.breaker = settle(current.breaker, ticket, isUsable(error), now(), periodMs)
      const after = state()
      if (before === after) return
      for (const listener of listeners) listener(after)
      runFork(Effect.annotateLogs(error === undefined ? logUsable : logUnusable(error), annotations))
    }

    const attempt: CircuitBreaker["attempt"] = (send, done) => {
      const { breaker, ticket } = admit(current.breaker, now())
      current.breaker = breaker
      if (ticket === undefined) return done(Result.fail(new RedisError({ reason: "open" })))
      send().then(
        (reply) => {
          end(ticket)
          done(Result.succeed(reply))
        },
        (cause: unknown) => {
          const error = toError(cause)
          end(ticket, error)
          done(Result.fail(error))
        }
      )
    }

    return {
      attempt,
      run: <A>(send: () => Promise<A>) =>
        Effect.callback<A, RedisError>((resume) => attempt(send, (result) => resume(Effect.fromResult(result)))),
      state,
      onChange: (listener) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      }
    }
  })

const isUsable = (error: RedisError | undefined): boolean => error === undefined || error.reason === "refused"

const logUsable = Effect.logInfo("Redis answers again")
const logUnusable = (error: RedisError) =>
  Effect.logWarning("Redis cannot be used, answers go on without it").pipe(Effect.annotateLogs({ why: error.message }))
