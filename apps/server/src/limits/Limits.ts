/**
 * What callers may have of the service, all of them together and each alone (POSH-SEC-12). Over a limit there is a
 * problem at once, never a late or a wrong answer.
 */
import { passingProblem, type Problem } from "@posh/api"
import { Allowance, type AllowanceShape, monotonicMsOf } from "@posh/core"
import { Clock, Context, Effect, Layer } from "effect"
import type { Caller } from "../Caller.ts"
import type { Settings } from "../config/variables.ts"
import { type Bodies, makeBodies } from "./Bodies.ts"
import { callerBounds } from "./bounds.ts"
import { type Buckets, makeBuckets } from "./Buckets.ts"
import { type InFlight, makeInFlight } from "./InFlight.ts"
import { makeLag } from "./Lag.ts"

type LimitSettings = Pick<Settings, "maxInFlight" | "callerRate" | "callerResolutions">

/** Answers to the question of a caller; `isSettled` says whether it stands although a resolution was refused on the way. */
export interface Asking<A> {
  readonly caller: Caller
  readonly deadlineMs: number
  readonly answer: Effect.Effect<A, Problem>
  readonly isSettled: (answer: A) => boolean
}

export class Limits extends Context.Service<Limits, {
  readonly inFlight: InFlight
  readonly bodies: Bodies
  /** By what the buckets are called among replicas; those that limit nothing are left out. */
  readonly buckets: ReadonlyMap<string, Buckets>
  /** Answers within the limits, or says why not. */
  readonly ask: <A>(asking: Asking<A>) => Effect.Effect<A, Problem>
}>()("posh/server/Limits") {
  static readonly layer = (settings: LimitSettings): Layer.Layer<Limits> => Layer.effect(Limits, makeLimits(settings))
}

const makeLimits = ({ callerRate, callerResolutions, maxInFlight }: LimitSettings) =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const lag = yield* makeLag
    const inFlight = makeInFlight(maxInFlight)
    const questions = bucketsOf(callerRate, callerBounds.rateBurstSeconds)
    const resolutions = bucketsOf(
      callerResolutions === undefined ? undefined : callerResolutions / 60,
      callerBounds.resolutionsBurstSeconds
    )

    /** Takes a place, or says why there is none. */
    const enter = ({ account }: Caller, deadlineMs: number, now: number): Problem | undefined => {
      if (!inFlight.fits(1)) return overloaded("As many questions as may be are being answered.")
      if (lag.ms(now) >= deadlineMs) return overloaded("The deadline passed before the question could be read.")
      const waitMs = questions?.take(account, now)
      if (waitMs !== undefined) return tooMany("This caller asks more questions than it may.", waitMs)
      inFlight.enter()
      return undefined
    }

    /** What the question may still have; it remembers when it had to refuse. */
    const makeAllowance = ({ account }: Caller, waitedMs: number): AllowanceShape & { refusedMs?: number } => {
      const allowance: AllowanceShape & { refusedMs?: number } = {
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
      bodies: makeBodies(),
      buckets: new Map([
        ...(questions === undefined ? [] : [["questions", questions] as const]),
        ...(resolutions === undefined ? [] : [["resolutions", resolutions] as const])
      ]),
      ask: ({ answer, caller, deadlineMs, isSettled }) =>
        Effect.suspend(() => {
          const now = monotonicMsOf(clock)
          const refusal = enter(caller, deadlineMs, now)
          if (refusal !== undefined) return Effect.fail(refusal)
          const allowance = makeAllowance(caller, lag.ms(now))
          return answer.pipe(
            Effect.provideService(Allowance, allowance),
            Effect.flatMap((answered) =>
              allowance.refusedMs === undefined || isSettled(answered)
                ? Effect.succeed(answered)
                : Effect.fail(
                  tooMany("This caller has had as many domains looked up as it may for now.", allowance.refusedMs)
                )
            ),
            Effect.ensuring(Effect.sync(inFlight.leave))
          )
        })
    })
  })

const bucketsOf = (perSecond: number | undefined, burstSeconds: number): Buckets | undefined =>
  perSecond === undefined ? undefined : makeBuckets({ perSecond, burst: Math.max(1, perSecond * burstSeconds) })

/** The process is at its limit, whoever asks. */
export const overloaded = (detail: string): Problem => passingProblem("Overloaded", detail, 1_000)

const tooMany = (detail: string, waitMs: number): Problem => passingProblem("TooManyRequests", detail, waitMs)
