/**
 * What callers may have of the service, all of them together and each alone (POSH-SEC-12). Over a limit there is a
 * problem at once, never a late or a wrong answer.
 */
import type { Problem } from "@posh/api"
import { Allowance, type AllowanceShape, monotonicMsOf } from "@posh/core"
import { Clock, Context, Effect, Layer } from "effect"
import type { Caller } from "../Caller.ts"
import type { Settings } from "../config/variables.ts"
import { makeBodies } from "./Bodies.ts"
import { callerBounds } from "./bounds.ts"
import { type Buckets, makeBuckets } from "./Buckets.ts"
import { type InFlight, makeInFlight } from "./InFlight.ts"
import { makeLag } from "./Lag.ts"
import { makeReceive, type Receive } from "./receive.ts"
import { full, tooMany } from "./refusals.ts"
import { type InTurn, makeTurns } from "./Turns.ts"

type LimitSettings = Pick<Settings, "maxInFlight" | "callerRate" | "callerResolutions">

/** What a caller asks; `isSettled` says whether an answer stands although a resolution was refused on the way. */
export interface Asking<A> {
  readonly caller: Caller
  /** Set for a question of a batch, which has its place already: how long it waited there, in milliseconds. */
  readonly batchedMs?: number
  readonly answer: Effect.Effect<A, Problem>
  readonly isSettled: (answer: A) => boolean
}

export class Limits extends Context.Service<Limits, {
  readonly inFlight: InFlight
  readonly receive: Receive
  /** By what the buckets are called among replicas; those that limit nothing are left out. */
  readonly buckets: ReadonlyMap<string, Buckets>
  readonly inTurn: InTurn
  /** Answers within the limits, or says why not. */
  readonly ask: <A>(asking: Asking<A>) => Effect.Effect<A, Problem>
  /** For an answer that is there already: does the caller's rate forbid it? Else it counts as asked. */
  readonly asksTooMuch: (caller: Caller) => boolean
  /** Has so many places while it runs; does not run where there are not as many. */
  readonly withPlaces: <A>(
    caller: Caller,
    questions: number,
    run: Effect.Effect<A, Problem>
  ) => Effect.Effect<A, Problem>
}>()("posh/server/Limits") {
  static readonly layer = (settings: LimitSettings): Layer.Layer<Limits> => Layer.effect(Limits, makeLimits(settings))
}

const makeLimits = ({ callerRate, callerResolutions, maxInFlight }: LimitSettings) =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const runFork = Effect.runForkWith(yield* Effect.context())
    const lag = yield* makeLag
    const inFlight = makeInFlight(maxInFlight, maxInFlight * callerBounds.shareOfOne)
    const questions = bucketsOf(callerRate, callerBounds.rateBurstSeconds)
    const resolutions = bucketsOf(
      callerResolutions === undefined ? undefined : callerResolutions / 60,
      callerBounds.resolutionsBurstSeconds
    )

    const withPlaces = <A>({ account }: Caller, questions: number, run: Effect.Effect<A, Problem>) =>
      Effect.suspend(() => {
        if (!inFlight.fits(account, questions)) return Effect.fail(full())
        inFlight.enter(account, questions)
        return Effect.ensuring(run, Effect.sync(() => inFlight.leave(account, questions)))
      })

    /** What the question may still have; it remembers when it had to refuse. */
    const makeAllowance = ({ account }: Caller, waitedMs: number): AllowanceShape & { refusedMs?: number } => {
      const allowance: AllowanceShape & { refusedMs?: number } = {
        account,
        waitedMs,
        spend: () => {
          const waitMs = resolutions?.take(account, monotonicMsOf(clock))
          if (waitMs !== undefined) allowance.refusedMs = waitMs
          return waitMs
        }
      }
      return allowance
    }

    return Limits.of({
      inFlight,
      receive: makeReceive(makeBodies(), (watch) => void runFork(watch)),
      buckets: new Map([
        ...(questions === undefined ? [] : [["questions", questions] as const]),
        ...(resolutions === undefined ? [] : [["resolutions", resolutions] as const])
      ]),
      inTurn: makeTurns(),
      withPlaces,
      asksTooMuch: ({ account }) => questions?.take(account, monotonicMsOf(clock)) !== undefined,
      ask: ({ answer, batchedMs, caller, isSettled }) => {
        const put = Effect.suspend(() => {
          const now = monotonicMsOf(clock)
          const waitedMs = batchedMs ?? lag.ms(now)
          const waitMs = questions?.take(caller.account, now)
          if (waitMs !== undefined) return Effect.fail(tooMany("This caller asks more questions than it may.", waitMs))
          const allowance = makeAllowance(caller, waitedMs)
          return Effect.flatMap(Effect.provideService(answer, Allowance, allowance), (answered) =>
            allowance.refusedMs === undefined || isSettled(answered)
              ? Effect.succeed(answered)
              : Effect.fail(
                tooMany("This caller has had as many domains looked up as it may for now.", allowance.refusedMs)
              ))
        })
        return batchedMs === undefined ? withPlaces(caller, 1, put) : put
      }
    })
  })

const bucketsOf = (perSecond: number | undefined, burstSeconds: number): Buckets | undefined =>
  perSecond === undefined ? undefined : makeBuckets({ perSecond, burst: Math.max(1, perSecond * burstSeconds) })
