/**
 * Is this certificate valid for this service on this domain?
 *
 * `verify` is the way of a question: what is asked (`inquire`), what the domain asserts (the resolver), and what follows
 * (`conclude`). Each statement of these is a stage with a file of its own. `verifyNow` goes the same way, past the waiting.
 */
import { Clock, Context, Effect, Layer, Result } from "effect"
import type { Resolution } from "./cache/Resolution.ts"
import { AssociationStore, type Inventory, type InventoryQuery, type Purge } from "./cache/store/AssociationStore.ts"
import { layerMemory } from "./cache/store/MemoryStore.ts"
import type { Fetcher } from "./fetch/Fetcher.ts"
import type { Policy } from "./Policy.ts"
import { judgeLeaf } from "./presented/Leaf.ts"
import { parsePresented } from "./presented/Presented.ts"
import { screenChains } from "./proof/posh/ChainScreen.ts"
import { match } from "./proof/posh/Matcher.ts"
import { type ResolveOptions, Resolver } from "./proof/posh/Resolver.ts"
import { CallerBudget } from "./question/CallerBudget.ts"
import type { Generations } from "./question/Generation.ts"
import type { Question } from "./question/Question.ts"
import type { QuestionError } from "./question/QuestionError.ts"
import { deadlines, parseOptions } from "./question/QuestionOptions.ts"
import { currentStage, type StageTracer, untraced } from "./question/StageTracer.ts"
import { currentStamp, stampOf, timeSince } from "./question/Stamp.ts"
import { parseTarget } from "./question/Target.ts"
import { type AssociationReport, toAssociationReport } from "./verdict/AssociationReport.ts"
import { decide, type Inquiry, refusedLeaf, unresolved } from "./verdict/decide.ts"
import type { Verdict } from "./verdict/Verdict.ts"

export interface AssociationOptions {
  /** Resolve again even if remembered (POSH-CAC-32). */
  readonly refresh?: boolean
  /** Milliseconds. Default 10,000. */
  readonly deadlineMs?: number
  /** Default: the deployment's. */
  readonly generations?: Generations
}

export class Verifier extends Context.Service<Verifier, {
  /** Answers a question. Fails only where the question is malformed. */
  readonly verify: (question: Question) => Effect.Effect<Verdict, QuestionError>
  /**
   * The same verdict, where memory gives it alone and at once; for callers to whom a fiber is dear. `undefined` says
   * nothing but that `verify` has to be asked. Stages have no spans here.
   */
  readonly verifyNow: (question: Question) => Verdict | undefined
  /** What the domain asserts now; resolves where nothing is remembered (POSH-REQ-08: so also the prefetch). */
  readonly report: (
    domain: string,
    service: string,
    options?: AssociationOptions
  ) => Effect.Effect<AssociationReport, QuestionError>
  /** Forgets everything known of the pair, in both generations, and says what of that is still to be done elsewhere. */
  readonly forget: (domain: string, service: string) => Effect.Effect<Purge, QuestionError>
  /** What is remembered and has not expired; asks no origin. */
  readonly inventory: (query: InventoryQuery) => Effect.Effect<Inventory>
}>()("posh/Verifier") {
  /** Over a store of the caller's choice. */
  static readonly layerNoDeps = (policy: Policy): Layer.Layer<Verifier, never, Fetcher | AssociationStore> =>
    Layer.effect(Verifier, makeVerifier(policy)).pipe(Layer.provide(Resolver.layerNoDeps(policy)))

  /** Over the memory cache. */
  static readonly layer = (policy: Policy): Layer.Layer<Verifier, never, Fetcher> =>
    this.layerNoDeps(policy).pipe(
      Layer.provide(layerMemory({ entries: policy.cacheEntries, octets: policy.cacheOctets }))
    )
}

const makeVerifier = Effect.fnUntraced(function*(policy: Policy) {
  const resolver = yield* Resolver
  const { inventory } = yield* AssociationStore
  const clock = yield* Clock.Clock

  // Whoever puts the same frozen question again is spared the reading.
  const readTarget = remembering((question: Question) => parseTarget(question, policy))
  const readProof = remembering(parsePresented)
  const readTerms = remembering((question: Question) => parseOptions(question, policy))

  // Spans only where a question is traced: they would cost more than the rest of a warm answer.
  const verify = Effect.fnUntraced(function*(question: Question) {
    const stage = yield* currentStage
    const { turn = Effect.void } = yield* CallerBudget
    yield* turn
    const inquiry = yield* Effect.fromResult(inquire(stage, question))
    const refusal = refuse(inquiry)
    if (refusal !== undefined) return refusal

    const options = toOptions(inquiry, stage)
    const resolution = yield* stage.within(
      "Resolver",
      resolver.resolve(inquiry.target, inquiry.terms.refresh ? { ...options, force: "refresh" } : options)
    )
    yield* turn // many may have waited for the same
    const verdict = concludeLater(stage, inquiry, resolution)
    const secondLook = needsSecondLook(verdict, resolution)
    if (secondLook === undefined) return verdict

    const again = yield* stage.within("Resolver", resolver.resolve(inquiry.target, { ...options, ...secondLook }))
    yield* turn
    return concludeLater(stage, inquiry, again)
  })

  // Nothing here waits, so one reading of the clock is the time of question and decision.
  const verifyNow = (question: Question): Verdict | undefined => {
    const inquiry = Result.getOrUndefined(inquire(untraced, question))
    if (inquiry === undefined || inquiry.terms.refresh) return undefined
    const refusal = refuse(inquiry)
    if (refusal !== undefined) return refusal
    const resolution = resolver.resolveNow(inquiry.target, inquiry.terms, inquiry.asked)
    if (resolution === undefined) return undefined
    const verdict = conclude(untraced, inquiry, resolution)
    if (needsSecondLook(verdict, resolution) !== undefined) return undefined
    resolution.used()
    return verdict
  }

  const inquire = (stage: StageTracer, question: Question): Result.Result<Inquiry, QuestionError> => {
    const asked = stampOf(clock)
    const target = stage.run("Target", () => readTarget(question))
    if (Result.isFailure(target)) return Result.fail(target.failure)
    const presented = stage.run("Certificate", () => readProof(question))
    if (Result.isFailure(presented)) return Result.fail(presented.failure)
    const terms = readTerms(question)
    if (Result.isFailure(terms)) return Result.fail(terms.failure)
    const now = asked.wallMs
    const leaf = stage.run("Leaf", () => judgeLeaf(presented.success, policy, now))
    return Result.succeed({
      target: target.success,
      presented: presented.success,
      terms: terms.success,
      asked,
      now,
      leaf
    })
  }

  /** For the sake of a certificate that is refused anyway, nobody is asked (POSH-MAT-64). */
  const refuse = (inquiry: Inquiry): Verdict | undefined =>
    inquiry.leaf.fault === undefined ? undefined : refusedLeaf(inquiry, inquiry.leaf.fault)

  /** After a wait, everything is judged by the time that it is by then. */
  const concludeLater = (stage: StageTracer, inquiry: Inquiry, resolution: Resolution): Verdict => {
    const now = timeSince(inquiry.asked, stampOf(clock))
    const later = { ...inquiry, now, leaf: judgeLeaf(inquiry.presented, policy, now) }
    return refuse(later) ?? conclude(stage, later, resolution)
  }

  const conclude = (stage: StageTracer, inquiry: Inquiry, resolution: Resolution): Verdict => {
    const { now, presented, terms } = inquiry
    const { outcome } = resolution.deciding
    if (Result.isFailure(outcome)) return unresolved(inquiry, resolution, outcome.failure)
    const { material } = outcome.success.association
    const chains = stage.run("Chain", () => screenChains(terms.chainCheck, { now, allowSha1: policy.chainSha1 }))
    const found = stage.run(
      "Matcher",
      () => match(material, presented, { now, hashes: policy.hashes, mode: policy.match, admits: chains.admits })
    )
    return stage.run("Verdict", () => decide(inquiry, resolution, outcome.success, found, chains, policy.clockSkewMs))
  }

  const report = Effect.fn("Verifier.report")(
    function*(domain: string, service: string, options: AssociationOptions = {}) {
      const target = yield* Effect.fromResult(parseTarget({ domain, service }, policy))
      const resolution = yield* resolver.resolve(target, {
        asked: yield* currentStamp,
        generations: options.generations ?? policy.generations,
        deadline: { ms: options.deadlineMs ?? deadlines.usual },
        ...(options.refresh === true ? { force: "refresh" as const } : {})
      })
      return toAssociationReport(target, resolution, yield* Clock.currentTimeMillis)
    }
  )

  const forget = Effect.fn("Verifier.forget")(function*(domain: string, service: string) {
    return yield* resolver.forget(yield* Effect.fromResult(parseTarget({ domain, service }, policy)))
  })

  return Verifier.of({ verify, verifyNow, report, forget, inventory })
})

/**
 * Remembers what was read of a question for as long as somebody holds the question. Only of one that cannot change any
 * more: a caller that reuses an object for its next question must not get the last one's answer.
 */
const remembering = <A>(read: (question: Question) => Result.Result<A, QuestionError>) => {
  const known = new WeakMap<Question, Result.Result<A, QuestionError>>()
  return (question: Question): Result.Result<A, QuestionError> => {
    const remembered = known.get(question)
    if (remembered !== undefined) return remembered
    const fresh = read(question)
    if (Result.isSuccess(fresh) && isFixed(question)) known.set(question, fresh)
    return fresh
  }
}

const isFixed = (question: Question): boolean =>
  Object.isFrozen(question) && Object.values(question).every((value) => typeof value !== "object")

const toOptions = (
  { asked, terms: { deadlineMs, generations, maxAgeMs } }: Inquiry,
  stage: StageTracer
): ResolveOptions => ({
  generations,
  asked,
  deadline: { ms: deadlineMs },
  ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
  ...(stage === untraced ? {} : { stage })
})

/** With which options the domain is to be asked once more, where the answer rests on what was there before the question. */
const needsSecondLook = (
  { code, verdict }: Verdict,
  { deciding: { outcome } }: Resolution
): Pick<ResolveOptions, "force"> | undefined => {
  if (Result.isFailure(outcome) || outcome.success.fetchedForQuestion) return undefined
  // POSH-MAT-43: what is remembered may be older than the certificate, whichever code the mismatch has.
  if (verdict === "mismatch") return { force: "mismatch" }
  // It ended between the look and the decision.
  return code === "AllMaterialExpired" ? {} : undefined
}
