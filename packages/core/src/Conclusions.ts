/**
 * Concludes from what memory knows, and from what DNS and the domain answer. Whatever waits reads the clock again: a certificate
 * may have expired meanwhile.
 */
import { type Clock, Effect, Fiber } from "effect"
import type { Resolution } from "./cache/Resolution.ts"
import type { ServiceLookup } from "./proof/dane/DaneLookup.ts"
import type { DaneSource } from "./proof/dane/DaneSource.ts"
import type { PathCompletion } from "./proof/pkix/completePath.ts"
import type { ResolveOptions, Resolver } from "./proof/posh/Resolver.ts"
import { callerTurn } from "./question/CallerBudget.ts"
import type { Inquiry } from "./question/Inquiry.ts"
import { defaultProoftypes } from "./question/Prooftype.ts"
import { type StageTracer, untraced } from "./question/StageTracer.ts"
import { latestOf, type Stamp, stampOf, timeSince } from "./question/Stamp.ts"
import type { Conclusion } from "./verdict/Conclusion.ts"
import type { Assessment } from "./verdict/decide.ts"
import type { Evaluation } from "./verdict/Evaluation.ts"
import type { Local, Reach } from "./verdict/localWitnesses.ts"

export interface ConclusionParts {
  readonly evaluation: Evaluation
  readonly completion: Pick<PathCompletion, "complete" | "search">
  readonly resolver: Resolver["Service"]
  /** `undefined` without a resolver that validates. */
  readonly dane: DaneSource | undefined
  readonly clock: Clock.Clock
}

export interface Conclusions {
  /**
   * Fetches issuers that the chain lacks: an effect that is true if it took time, or `undefined` where there is nothing to do. Where
   * DNS has to be asked, `ask` does it, once that is known: DANE may need none.
   */
  readonly completePath: (inquiry: Inquiry, options: ResolveOptions) => Effect.Effect<boolean> | undefined
  /** From memory alone, synchronously; `undefined` if somebody has to be asked. */
  readonly recall: (inquiry: Inquiry, asked: Stamp, stage: StageTracer, reach: Reach) => Conclusion | undefined
  /** Asks DNS and the domain, as far as they have to be. */
  readonly ask: (inquiry: Inquiry, options: ResolveOptions) => Effect.Effect<Conclusion>
  /** Asks the domain once more, as a conclusion demands. */
  readonly askAgain: (inquiry: Inquiry, options: ResolveOptions, first: Conclusion) => Effect.Effect<Conclusion>
}

export const makeConclusions = ({ clock, completion, dane, evaluation, resolver }: ConclusionParts): Conclusions => {
  const { assess, conclude, hear, incompletePath, needsDocuments } = evaluation

  const completePath: Conclusions["completePath"] = (inquiry, options) => {
    if (inquiry.options.prooftypes === defaultProoftypes) return undefined
    const lookup = recallDns(inquiry, options.asked)
    return lookup === undefined && asksDane(inquiry) ? undefined : completeBy(inquiry, options, lookup)
  }

  const completeBy = (
    inquiry: Inquiry,
    { asked, deadline }: ResolveOptions,
    lookup: ServiceLookup | undefined
  ): Effect.Effect<boolean> =>
    completion.complete(
      () => incompletePath(assess(inquiry, timeSince(asked, stampOf(clock)), lookup, untraced)),
      inquiry.target.domain,
      deadline
    )

  const recall: Conclusions["recall"] = (inquiry, asked, stage, reach) => {
    const assessment = assess(inquiry, asked.wallMs, recallDns(inquiry, asked), stage)
    const local = hear(assessment, stage, reach)
    return local === undefined || local.verdict !== undefined ? local : recallDomain(assessment, local, asked, stage)
  }

  const ask: Conclusions["ask"] = (inquiry, options) => {
    const { refresh } = inquiry.options
    const documents = resolve(inquiry, refresh ? { ...options, force: "refresh" } : options)
    // Not by the time of the question: what DNS said may have ended while issuers were fetched.
    const known = recallDns(inquiry, latestOf(options.asked, stampOf(clock)))
    if (dane === undefined || known !== undefined || !asksDane(inquiry)) {
      return onceResolved(inquiry, options, documents, known)
    }
    const dns = options.stage.within("Dane", dane.lookup(inquiry.target, options.deadline, refresh))
    const askBoth = Effect.suspend(() =>
      isAskedAhead(inquiry, options.asked)
        ? Effect.acquireUseRelease(
          Effect.forkChild(documents),
          (ahead) => onceLookedUp(inquiry, options, dns, Fiber.join(ahead), false),
          Fiber.interrupt
        )
        : onceLookedUp(inquiry, options, dns, documents, true)
    )
    // Whether the domain is asked ahead depends on PKIX; with issuers from memory that takes several searches.
    const path = () => incompletePath(assess(inquiry, timeSince(options.asked, stampOf(clock)), undefined, untraced))
    return Effect.andThen(completion.search(path), askBoth)
  }

  /**
   * POSH-PRF-43: DNS and the domain are asked at the same time, where the answer of the domain is not in memory and would be
   * needed if DANE said nothing.
   */
  const isAskedAhead = (inquiry: Inquiry, asked: Stamp): boolean => {
    const { options, target } = inquiry
    return needsDocuments(assess(inquiry, asked.wallMs, undefined, untraced)) &&
      (options.refresh || resolver.recall(target, options, asked) === undefined)
  }

  /**
   * What DNS says is heard first, whoever answered first: where DANE decides alone, the documents decide nothing, and the wait
   * for them ends. `mayRecall`: documents in memory serve; false if they were asked for already.
   */
  const onceLookedUp = Effect.fnUntraced(function*(
    inquiry: Inquiry,
    options: ResolveOptions,
    dns: Effect.Effect<ServiceLookup>,
    documents: Effect.Effect<Resolution>,
    mayRecall: boolean
  ): Effect.fn.Return<Conclusion> {
    const { asked, stage } = options
    const lookup = yield* dns
    yield* callerTurn // many questions may have waited for the same flight
    yield* completeBy(inquiry, options, lookup)
    const now = latestOf(asked, stampOf(clock))
    const assessment = assess(inquiry, now.wallMs, lookup, untraced)
    const local = hear(assessment, stage, "work")
    if (local === undefined) return yield* unheard
    if (local.verdict !== undefined) return local
    const recalled = mayRecall ? recallDomain(assessment, local, now, stage) : undefined
    return recalled ?? (yield* onceResolved(inquiry, options, documents, lookup))
  })

  /** The decision uses the time after the wait. */
  const onceResolved = Effect.fnUntraced(function*(
    inquiry: Inquiry,
    { asked, stage }: ResolveOptions,
    documents: Effect.Effect<Resolution>,
    lookup: ServiceLookup | undefined
  ): Effect.fn.Return<Conclusion> {
    const resolution = yield* documents
    yield* callerTurn // many questions may have waited for the same flight
    const assessment = assess(inquiry, timeSince(asked, stampOf(clock)), lookup, untraced)
    const local = hear(assessment, untraced, "work")
    if (local === undefined) return yield* unheard
    return local.verdict === undefined ? conclude(assessment, local, resolution, stage) : local
  })

  const resolve = ({ target }: Inquiry, options: ResolveOptions): Effect.Effect<Resolution> =>
    options.stage.within("Resolver", resolver.resolve(target, options))

  const recallDomain = (
    assessment: Assessment,
    local: Local,
    now: Stamp,
    stage: StageTracer
  ): Conclusion | undefined => {
    const { options, target } = assessment.inquiry
    if (options.refresh) return undefined
    const resolution = stage.find(recallSpans, () => resolver.recall(target, options, now))
    if (resolution === undefined) return undefined
    const { lookup, retry, verdict } = conclude(assessment, local, resolution, stage)
    return { verdict, retry, lookup, memory: resolution }
  }

  const recallDns = (inquiry: Inquiry, now: Stamp): ServiceLookup | undefined =>
    asksDane(inquiry) && !inquiry.options.refresh ? dane?.recall(inquiry.target, now) : undefined

  return {
    completePath,
    recall,
    ask,
    askAgain: (inquiry, options, { lookup, retry }) =>
      onceResolved(inquiry, options, resolve(inquiry, { ...options, ...retry }), lookup)
  }
}

const asksDane = ({ options: { prooftypes } }: Inquiry): boolean => prooftypes.includes("dane")

const unheard = Effect.die(new Error("a proof type was asked for and not heard"))

const recallSpans = ["Resolver", "Cache"] as const
