/**
 * A question of a caller → a decision. Every way to ask (either lane, by fingerprint, in a batch) comes through here.
 */
import { type Problem } from "@posh/api"
import { type QuestionError, Verifier } from "@posh/core"
import { Cause, Context, Effect, Layer, type LogLevel, Option, type Tracer } from "effect"
import { DecisionObserver } from "../telemetry/DecisionObserver.ts"
import { type Caller, permit } from "./Caller.ts"
import type { Asked, Decision } from "./Decision.ts"
import { makeId } from "./ids.ts"
import { callerBounds } from "./limits/bounds.ts"
import { Limits } from "./limits/Limits.ts"
import { internalProblem, questionProblem } from "./problems.ts"

/** `batchedMs`: of a question of a batch, how long it has waited there for its turn. */
export type Decide = (asked: Asked, caller: Caller, batchedMs?: number) => Effect.Effect<Decision, Problem>

export class Decider extends Context.Service<Decider, {
  readonly decide: Decide
  /**
   * The decision, where memory gives it at once: nothing is spent, nobody waits, and so it takes no place. `undefined`
   * says nothing but that `decide` has to be asked.
   */
  readonly decideNow: (asked: Asked, caller: Caller) => Decision | undefined
}>()("posh/server/Decider") {
  static readonly layer = Layer.effect(
    Decider,
    Effect.gen(function*() {
      const { verify, verifyNow } = yield* Verifier
      const { ask, asksTooMuch } = yield* Limits
      const observations = yield* DecisionObserver
      const put = (asked: Asked): Effect.Effect<Decision, Problem> =>
        Effect.matchCauseEffect(verify(asked), {
          onFailure: toProblem,
          onSuccess: (verdict) => Effect.succeed({ id: makeId(verdict.decidedAt), verdict })
        })
      const putWithinLimits = (asked: Asked, caller: Caller, batchedMs: number | undefined) =>
        Effect.suspend(() => {
          const since = observations.asked()
          const decided = ask({
            caller,
            answer: put(asked),
            isHeavy: isHeavy(asked),
            isSettled: ({ verdict }) => verdict.valid,
            ...(batchedMs === undefined ? {} : { batchedMs })
          })
          // Only of what the caller is told: limits may have the last word.
          return Effect.flatMap(decided, (decision) => {
            observations.decided(decision, asked, caller, since)
            return told(decision)
          })
        })
      const decideNow = (asked: Asked, caller: Caller): Decision | undefined => {
        // Not everybody may; and what is heavy waits for its turn.
        if (asked.refresh === true || isHeavy(asked)) return undefined
        const since = observations.asked()
        const verdict = verifyNow(asked)
        if (verdict === undefined || asksTooMuch(caller)) return undefined
        const decision = { id: makeId(verdict.decidedAt), verdict }
        observations.decided(decision, asked, caller, since)
        return decision
      }
      return Decider.of({
        decideNow,
        decide: (asked, caller, batchedMs) =>
          asked.refresh === true
            ? Effect.andThen(
              Effect.fromResult(permit(caller, "admin", "refresh")),
              putWithinLimits(asked, caller, batchedMs)
            )
            : putWithinLimits(asked, caller, batchedMs)
      })
    })
  )
}

/** Signatures are checked, or a certificate of many names is read: milliseconds. */
const isHeavy = ({ certificate = "", chain: [leaf = ""] = [], chainCheck = "off" }: Asked): boolean =>
  chainCheck !== "off" || certificate.length > callerBounds.lightCertificate ||
  leaf.length > callerBounds.lightCertificate

/** Said in the log and in the span, where there is somebody to read it; never by which certificate. */
const told = (decision: Decision): Effect.Effect<Decision> =>
  Effect.withFiber(({ cache: { minimumLogLevel, span } }) => {
    if (span?._tag === "Span") annotate(span, decision)
    return talkative.has(minimumLogLevel) ? Effect.as(logDecision(decision), decision) : Effect.succeed(decision)
  })

const annotate = (span: Tracer.Span, { id, verdict }: Decision): void => {
  span.attribute("posh.decision", id)
  span.attribute("posh.domain", verdict.domain)
  span.attribute("posh.service", verdict.service)
  span.attribute("posh.verdict", verdict.verdict)
  span.attribute("posh.code", verdict.code)
  span.attribute("posh.cache", verdict.cache ?? "none")
}

const talkative: ReadonlySet<LogLevel.LogLevel> = new Set(["All", "Trace", "Debug"])

const logDecision = ({ id, verdict: { code, domain, service, verdict } }: Decision): Effect.Effect<void> =>
  Effect.logDebug("decided").pipe(Effect.annotateLogs({ decision: id, domain, service, verdict, code }))

/** A question that was refused; a fault of ours, which is a problem of this question alone; or an interruption. */
const toProblem = (cause: Cause.Cause<QuestionError>): Effect.Effect<never, Problem> => {
  const refused = Cause.findErrorOption(cause)
  if (Option.isSome(refused)) return Effect.fail(questionProblem(refused.value))
  if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
  return Effect.andThen(Effect.logError("a question met a defect", cause), Effect.fail(internalProblem))
}
