/**
 * Limits callers, in total and one by one (POSH-SEC-12). Over a limit a question gets a problem at once, never a late or
 * a wrong answer.
 */
import type { Problem } from "@posh/api"
import { CallerBudget, type CallerBudgetShape, monotonicMsOf } from "@posh/core/serving"
import { Clock, Context, Effect, Layer, Result } from "effect"
import type { Settings } from "../../config/variables.ts"
import type { Caller } from "../Caller.ts"
import { type Bodies, bodyBounds, makeBodies } from "./Bodies.ts"
import { callerBounds } from "./bounds.ts"
import { type Buckets, makeBuckets } from "./Buckets.ts"
import { type InFlight, makeInFlight } from "./InFlight.ts"
import { makeLag } from "./Lag.ts"
import { full, tooMany } from "./refusals.ts"
import { type InTurn, makeTurns, noPieces } from "./Turns.ts"

type LimitSettings =
  & Pick<Settings, "maxInFlight" | "callerRate" | "callerResolutions">
  & Partial<Pick<Settings, "workers">>

/** An answer that is subject to the limits. */
export interface AskOptions<A> {
  readonly caller: Caller
  /** Only for a question of a batch, which holds its place already: milliseconds since the batch arrived. */
  readonly batchedMs?: number
  readonly answer: Effect.Effect<A, Problem>
  /** Blocks the event loop for milliseconds, so it runs in a time slice. Default: false. */
  readonly isHeavy?: boolean
  /** Whether the answer stands even if a resolution was rate limited. Otherwise the caller gets a 429. */
  readonly isSettled: (answer: A) => boolean
}

/** Places in flight that a caller holds. */
export interface Places {
  /** Gives back `some` places, by default all. Never more than are held. */
  readonly giveBack: (some?: number) => void
}

export class Limits extends Context.Service<Limits, {
  readonly inFlight: InFlight
  readonly bodies: Bodies
  /** By the name that replicas share; without those that are not configured. */
  readonly buckets: ReadonlyMap<string, Buckets>
  readonly inTurn: InTurn
  /** Runs the answer if the limits allow it. */
  readonly ask: <A>(options: AskOptions<A>) => Effect.Effect<A, Problem>
  /** For an answer from memory: takes one question from the rate limit; true if the limit is reached. */
  readonly exceedsRate: (caller: Caller) => boolean
  /** True if the rate limit is reached. Takes nothing from it. */
  readonly isRateReached: (caller: Caller) => boolean
  /** Takes so many places, or fails if fewer are free. */
  readonly takePlaces: (caller: Caller, questions: number) => Result.Result<Places, Problem>
  /** Holds so many places while `run` runs; fails if fewer are free. */
  readonly withPlaces: <A>(
    caller: Caller,
    questions: number,
    run: Effect.Effect<A, Problem>
  ) => Effect.Effect<A, Problem>
}>()("posh/server/Limits") {
  static readonly layer = (settings: LimitSettings): Layer.Layer<Limits> => Layer.effect(Limits, makeLimits(settings))
}

interface TrackedBudget extends CallerBudgetShape {
  waitedMs: number
  refusedMs?: number
}

const makeLimits = ({ callerRate, callerResolutions, maxInFlight, workers = 1 }: LimitSettings) =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const lag = yield* makeLag
    const inTurn = yield* makeTurns
    const inFlight = makeInFlight(maxInFlight, maxInFlight * callerBounds.shareOfOne)
    const questions = bucketsOf(callerRate, callerBounds.rateBurstSeconds)
    const resolutions = bucketsOf(
      callerResolutions === undefined ? undefined : callerResolutions / 60,
      callerBounds.resolutionsBurstSeconds
    )

    const takePlaces = ({ account }: Caller, questions: number): Result.Result<Places, Problem> => {
      if (!inFlight.fits(account, questions)) return Result.fail(full())
      inFlight.enter(account, questions)
      let held = questions
      return Result.succeed({
        giveBack: (some = held) => {
          const given = Math.min(some, held)
          held -= given
          inFlight.leave(account, given)
        }
      })
    }

    const withPlaces = <A>(caller: Caller, questions: number, run: Effect.Effect<A, Problem>) =>
      Effect.suspend(() => {
        const places = takePlaces(caller, questions)
        return Result.isFailure(places)
          ? Effect.fail(places.failure)
          : Effect.ensuring(run, Effect.sync(() => places.success.giveBack()))
      })

    /** The budget of one question. It records when it refused a resolution. */
    const makeBudget = ({ account }: Caller, waitedMs: number, isHeavy: boolean): TrackedBudget => {
      const budget: TrackedBudget = {
        account,
        waitedMs,
        take: () => {
          const waitMs = resolutions?.take(account, monotonicMsOf(clock))
          if (waitMs !== undefined) budget.refusedMs = waitMs
          return waitMs
        },
        ...(isHeavy ? { turn: Effect.suspend(() => waitForTurn(budget)) } : {})
      }
      return budget
    }

    /** Adds the waiting time to `waitedMs`. It counts only before the deadline starts; later the deadline covers it. */
    const waitForTurn = (budget: TrackedBudget): Effect.Effect<void> => {
      const since = monotonicMsOf(clock)
      return Effect.andThen(
        inTurn(noPieces),
        Effect.sync(() => {
          budget.waitedMs += monotonicMsOf(clock) - since
        })
      )
    }

    return Limits.of({
      inFlight,
      bodies: makeBodies(bodyBounds(workers)),
      buckets: new Map([
        ...(questions === undefined ? [] : [["questions", questions] as const]),
        ...(resolutions === undefined ? [] : [["resolutions", resolutions] as const])
      ]),
      inTurn,
      takePlaces,
      withPlaces,
      isRateReached: ({ account }) => questions?.isEmpty(account, monotonicMsOf(clock)) === true,
      exceedsRate: ({ account }) => questions?.take(account, monotonicMsOf(clock)) !== undefined,
      ask: ({ answer, batchedMs, caller, isHeavy = false, isSettled }) => {
        const limited = Effect.suspend(() => {
          const now = monotonicMsOf(clock)
          const waitedMs = batchedMs ?? lag.ms(now)
          const waitMs = questions?.take(caller.account, now)
          if (waitMs !== undefined) return Effect.fail(tooMany("This caller asks more questions than it may.", waitMs))
          const budget = makeBudget(caller, waitedMs, isHeavy)
          return Effect.flatMap(
            Effect.provideService(answer, CallerBudget, budget),
            (answered) =>
              budget.refusedMs === undefined || isSettled(answered)
                ? Effect.succeed(answered)
                : Effect.fail(
                  tooMany("This caller has had as many domains looked up as it may for now.", budget.refusedMs)
                )
          )
        })
        return batchedMs === undefined ? withPlaces(caller, 1, limited) : limited
      }
    })
  })

const bucketsOf = (perSecond: number | undefined, burstSeconds: number): Buckets | undefined =>
  perSecond === undefined ? undefined : makeBuckets({ perSecond, burst: Math.max(1, perSecond * burstSeconds) })
