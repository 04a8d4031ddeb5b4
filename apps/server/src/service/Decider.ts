/**
 * Decides the question of a caller. Every question comes through here: by fast lane, router or batch.
 */
import type { Problem } from "@posh/api"
import { type Verdict, Verifier } from "@posh/core"
import { CallerBudget, currentStage } from "@posh/core/serving"
import { Cause, Context, Effect, Layer, type LogLevel, Option, Result, type Tracer } from "effect"
import { DecisionObserver } from "../telemetry/DecisionObserver.ts"
import { LogMask, type Mask } from "../telemetry/decisions/mask.ts"
import { audit } from "./audit.ts"
import { type Caller, permit } from "./Caller.ts"
import type { CallerQuestion } from "./CallerQuestion.ts"
import type { Decision } from "./Decision.ts"
import { makeId } from "./ids.ts"
import { Limits } from "./limits/Limits.ts"
import { internalProblem, questionProblem } from "./problems.ts"

/** `batchedMs`: for a question of a batch, milliseconds since the batch arrived. */
export type Decide = (
  question: CallerQuestion,
  caller: Caller,
  batchedMs?: number
) => Effect.Effect<Decision, Problem>

export class Decider extends Context.Service<Decider, {
  /**
   * The decision from memory, synchronously; it takes no place in flight and no resolution. `undefined` means only that
   * `decide` is needed.
   */
  readonly recall: (question: CallerQuestion, caller: Caller, since?: number) => Decision | undefined
  /**
   * For whom `recall` has just given nothing: the decision from the shared store, without a fiber. `done` is called later,
   * once, with nothing if `ask` is needed, which then knows what was read while `done` runs. False: `done` is not called,
   * and `ask` is needed now.
   */
  readonly recallShared: (
    question: CallerQuestion,
    caller: Caller,
    done: (decision: Decision | undefined) => void
  ) => boolean
  /** The decision: from memory, or else by the verifier, within the limits of the caller. */
  readonly decide: Decide
  /** The same for whom `recall` has just given nothing. */
  readonly ask: Decide
}>()("posh/server/Decider") {
  static readonly layer = Layer.effect(
    Decider,
    Effect.gen(function*() {
      const verifier = yield* Verifier
      const limits = yield* Limits
      const observations = yield* DecisionObserver
      const logged = logsBy(yield* LogMask)

      const recall = (question: CallerQuestion, caller: Caller, since = observations.asked()): Decision | undefined => {
        // `refresh` needs a scope, and a heavy question runs in a time slice.
        if (question.options.refresh === true || question.isHeavy) return undefined
        const inquiry = question.prepare(verifier.prepare)
        const verdict = Result.isSuccess(inquiry) ? verifier.recall(inquiry.success) : undefined
        if (verdict === undefined || limits.exceedsRate(caller)) return undefined
        const decision = toDecision(verdict)
        observations.decided(decision, question, caller, since)
        return decision
      }

      const recallShared: Decider["Service"]["recallShared"] = (question, caller, done) => {
        if (question.options.refresh === true || question.isHeavy || limits.isRateReached(caller)) return false
        const since = observations.asked()
        const inquiry = question.prepare(verifier.prepare)
        if (Result.isFailure(inquiry)) return false
        const places = limits.takePlaces(caller, 1)
        if (Result.isFailure(places)) return false
        const { giveBack } = places.success
        const isRead = verifier.readAhead(inquiry.success, () => {
          giveBack()
          // A defect is met again, and told, by `ask`: nothing may throw in a callback of the shared store.
          done(Option.getOrUndefined(attempt(() => recall(question, caller, since))))
        })
        if (!isRead) giveBack()
        return isRead
      }

      const decide: Decide = (question, caller, batchedMs) =>
        Effect.withFiber(({ cache: { span } }) => {
          // A traced question skips this step, so that each stage has its span.
          const recalled = span === undefined ? recall(question, caller) : undefined
          return recalled === undefined ? askWithinLimits(question, caller, batchedMs) : logged(recalled)
        }).pipe(Effect.catchCause(toProblem))

      const askSafely: Decide = (...asked) => Effect.catchCause(askWithinLimits(...asked), toProblem)

      const askWithinLimits = Effect.fnUntraced(function*(
        question: CallerQuestion,
        caller: Caller,
        batchedMs?: number
      ): Effect.fn.Return<Decision, Problem> {
        if (question.options.refresh === true) yield* Effect.fromResult(permit(caller, "admin", "refresh"))
        const since = observations.asked()
        const decision = yield* limits.ask<Decision>({
          caller,
          answer: Effect.map(verify(question), toDecision),
          isHeavy: question.isHeavyToAsk,
          isSettled: ({ verdict }) => verdict.valid,
          ...(batchedMs === undefined ? {} : { batchedMs })
        })
        if (question.options.refresh === true) {
          const { domain, service } = decision.verdict
          yield* audit("refresh", caller, { domain, service, decision: decision.id })
        }
        // Only here: `ask` may replace the decision by a problem of the limits.
        observations.decided(decision, question, caller, since)
        return yield* logged(decision)
      })

      const verify = Effect.fnUntraced(function*(question: CallerQuestion): Effect.fn.Return<Verdict, Problem> {
        const { turn = Effect.void } = yield* CallerBudget
        if (!question.isPrepared) yield* turn
        const inquiry = question.prepare(verifier.prepare, yield* currentStage)
        if (Result.isFailure(inquiry)) return yield* Effect.fail(questionProblem(inquiry.failure))
        return yield* verifier.verify(inquiry.success)
      })

      return Decider.of({ recall, recallShared, decide, ask: askSafely })
    })
  )
}

const attempt = Option.liftThrowable((work: () => Decision | undefined) => work())

const toDecision = (verdict: Verdict): Decision => ({ id: makeId(verdict.decidedAt), verdict })

/** Writes the decision to the span and the debug log, if enabled. Never the certificate. */
const logsBy = (mask: Mask) => (decision: Decision): Effect.Effect<Decision> =>
  Effect.withFiber(({ cache: { minimumLogLevel, span } }) => {
    if (span?._tag === "Span") annotate(span, decision)
    return debugLevels.has(minimumLogLevel)
      ? Effect.as(logDecision(decision, mask), decision)
      : Effect.succeed(decision)
  })

const annotate = (span: Tracer.Span, { id, verdict }: Decision): void => {
  span.attribute("posh.decision", id)
  span.attribute("posh.domain", verdict.domain)
  span.attribute("posh.service", verdict.service)
  span.attribute("posh.verdict", verdict.verdict)
  span.attribute("posh.code", verdict.code)
  span.attribute("posh.cache", verdict.cache ?? "none")
}

const debugLevels: ReadonlySet<LogLevel.LogLevel> = new Set(["All", "Trace", "Debug"])

const logDecision = (
  { id, verdict: { code, domain, service, verdict } }: Decision,
  mask: Mask
): Effect.Effect<void> =>
  Effect.logDebug("decided").pipe(
    Effect.annotateLogs({ decision: id, domain: mask("domain", domain), service, verdict, code })
  )

/** A defect becomes a problem of this question; in a batch, the others are not affected. */
const toProblem = (cause: Cause.Cause<Problem>): Effect.Effect<never, Problem> => {
  const refused = Cause.findErrorOption(cause)
  if (Option.isSome(refused)) return Effect.fail(refused.value)
  if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
  return Effect.andThen(Effect.logError("a question met a defect", cause), Effect.fail(internalProblem))
}
