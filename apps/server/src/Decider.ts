/**
 * A question of a caller → a decision. Every way to ask (either lane, by fingerprint, in a batch) comes through here.
 */
import { type Problem, type Question } from "@posh/api"
import { type QuestionError, type Verdict, Verifier } from "@posh/core"
import { Cause, Context, Effect, Exit, Layer, type LogLevel, Option } from "effect"
import { type Caller, permit } from "./Caller.ts"
import { internalProblem, questionProblem } from "./http/problems.ts"
import { makeId } from "./ids.ts"
import { Observations } from "./telemetry/Observations.ts"

/** What of a question decides the verdict. */
export type Asked = Omit<Question, "explain">

/** A verdict with the name under which it can be found again. */
export interface Decision {
  readonly id: string
  readonly verdict: Verdict
}

export type Decide = (asked: Asked, caller: Caller) => Effect.Effect<Decision, Problem>

export class Decider extends Context.Service<Decider, { readonly decide: Decide }>()("posh/server/Decider") {
  static readonly layer = Layer.effect(
    Decider,
    Effect.zipWith(Verifier, Observations, ({ verify }, observations) => {
      const put = (asked: Asked, caller: Caller): Effect.Effect<Decision, Problem> =>
        Effect.withFiber(({ cache: { minimumLogLevel, span } }) => {
          const since = observations.asked()
          const decision = Effect.matchCauseEffect(verify(asked), {
            onFailure: toProblem,
            onSuccess: (verdict) => Effect.succeed({ id: makeId(verdict.decidedAt), verdict })
          })
          const observed = Effect.onExit(decision, (exit) => {
            if (Exit.isSuccess(exit)) observations.decided(exit.value, asked, caller, since)
            else observations.undecided()
            return Effect.void
          })
          const told = talkative.has(minimumLogLevel) ? Effect.tap(observed, tell) : observed
          return span === undefined ? told : traced(told)
        })
      return Decider.of({
        decide: (asked, caller) =>
          asked.refresh === true
            ? Effect.andThen(Effect.fromResult(permit(caller, "admin", "refresh")), put(asked, caller))
            : put(asked, caller)
      })
    })
  )
}

const talkative: ReadonlySet<LogLevel.LogLevel> = new Set(["All", "Trace", "Debug"])

/** In a line of the log, by the name under which the decision log and traces have it. */
const tell = ({ id, verdict: { code, domain, service, verdict } }: Decision): Effect.Effect<void> =>
  Effect.logDebug("decided").pipe(Effect.annotateLogs({ decision: id, domain, service, verdict, code }))

/** Inside a span that says what was decided; never by which certificate. */
const traced = (decision: Effect.Effect<Decision, Problem>): Effect.Effect<Decision, Problem> =>
  decision.pipe(
    Effect.tap(({ id, verdict }) =>
      Effect.annotateCurrentSpan({
        "posh.decision": id,
        "posh.domain": verdict.domain,
        "posh.service": verdict.service,
        "posh.verdict": verdict.verdict,
        "posh.code": verdict.code,
        "posh.cache": verdict.cache ?? "none"
      })
    ),
    Effect.withSpan("Decider.decide")
  )

/** A question that was refused; a fault of ours, which is a problem of this question alone; or an interruption. */
const toProblem = (cause: Cause.Cause<QuestionError>): Effect.Effect<never, Problem> => {
  const refused = Cause.findErrorOption(cause)
  if (Option.isSome(refused)) return Effect.fail(questionProblem(refused.value))
  if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
  return Effect.andThen(Effect.logError("a question met a defect", cause), Effect.fail(internalProblem))
}
