/**
 * Verifies that a certificate is valid for a service on a domain.
 *
 * `prepare` parses the question, `recall` answers it from memory, and `verify` begins with `recall` and asks the domain
 * if memory does not suffice.
 */
import { Clock, Context, Effect, Layer, type Result } from "effect"
import { type AssociationOptions, makeReporter } from "./AssociationReporter.ts"
import {
  AssociationStore,
  combinePurges,
  type Inventory,
  type InventoryQuery,
  type Purge
} from "./cache/store/AssociationStore.ts"
import { layerMemory } from "./cache/store/MemoryStore.ts"
import { checkPolicy, type PolicyError } from "./checkPolicy.ts"
import { makeConclusions } from "./Conclusions.ts"
import type { Fetcher } from "./fetch/Fetcher.ts"
import type { Policy } from "./Policy.ts"
import { Presented } from "./presented/Presented.ts"
import { makeDane } from "./proof/dane/DaneSource.ts"
import type { LookupInventory } from "./proof/dane/LookupStore.ts"
import { makePathCompletion } from "./proof/pkix/completePath.ts"
import { type ResolveOptions, Resolver } from "./proof/posh/Resolver.ts"
import { callerTurn } from "./question/CallerBudget.ts"
import { type Inquiry, prepare } from "./question/Inquiry.ts"
import { defaultProoftypes } from "./question/Prooftype.ts"
import type { Question } from "./question/Question.ts"
import type { QuestionError } from "./question/QuestionError.ts"
import type { ServiceRegistry } from "./question/Service.ts"
import { currentStage, type StageTracer, untraced } from "./question/StageTracer.ts"
import { latestOf, type Stamp, stampOf } from "./question/Stamp.ts"
import { parseTarget } from "./question/Target.ts"
import type { AssociationReport } from "./verdict/AssociationReport.ts"
import { makeEvaluation } from "./verdict/Evaluation.ts"
import type { Verdict } from "./verdict/Verdict.ts"

/**
 * Verifies certificates.
 *
 * **Example** (Ask about a certificate)
 *
 * ```ts
 * const program = Effect.gen(function*() {
 *   const { prepare, verify } = yield* Verifier
 *   const inquiry = yield* Effect.fromResult(prepare({ domain: "hosted.example", service: "xmpp-server", certificate }))
 *   const { valid, code } = yield* verify(inquiry)
 *   return valid ? "accepted" : code
 * })
 * ```
 */
export class Verifier extends Context.Service<Verifier, {
  /** The services that questions can be about: those of the policy. */
  readonly services: ServiceRegistry
  /**
   * Parses a question, which can then be asked any number of times. Fails if it is malformed. Reads no clock. A
   * certificate with many names takes milliseconds.
   */
  readonly prepare: (question: Question, stage?: StageTracer) => Result.Result<Inquiry, QuestionError>
  /**
   * The verdict if memory alone gives it: synchronous and without a fiber, for hot paths. `undefined` means only that
   * `verify` has to be asked.
   *
   * **Example** (Answer from memory where possible)
   *
   * ```ts
   * const verdict = recall(inquiry) ?? (yield* verify(inquiry))
   * ```
   */
  readonly recall: (inquiry: Inquiry) => Verdict | undefined
  /**
   * Reads ahead what a shared store has for the question, where memory has nothing: without a fiber, for hot paths. `then`
   * is called later, once; while it runs, `recall` and `verify` know what was read. False: nothing is read, `then` is not
   * called, and `verify` has to be asked.
   *
   * **Example** (Answer from the shared store without a fiber where possible)
   *
   * ```ts
   * const isRead = readAhead(inquiry, () => settle(recall(inquiry)))
   * ```
   */
  readonly readAhead: (inquiry: Inquiry, then: () => void) => boolean
  /** Answers a prepared question from memory, or asks the domain. Never fails: "could not find out" is a verdict. */
  readonly verify: (inquiry: Inquiry) => Effect.Effect<Verdict>
  /**
   * What the domain asserts now; resolves if nothing is cached, so it is also the prefetch (POSH-REQ-08). With a resolver that
   * validates, also what DNS says; both are asked at the same time.
   */
  readonly report: (
    domain: string,
    service: string,
    options?: AssociationOptions
  ) => Effect.Effect<AssociationReport, QuestionError>
  /** Purges the pair from the cache: both generations, and what DNS said. The result names the steps that are still pending. */
  readonly forget: (domain: string, service: string) => Effect.Effect<Purge, QuestionError>
  /** Cached associations that have not expired; asks no origin. */
  readonly inventory: (query: InventoryQuery) => Effect.Effect<Inventory>
  /** What is remembered of DNS (DANE) and has not ended, whatever it says; asks nobody. */
  readonly lookups: (query: InventoryQuery) => Effect.Effect<LookupInventory>
}>()("posh/Verifier") {
  /** With a store of the caller's choice. Fails to build if an option of the policy is invalid. */
  static readonly layerNoDeps = (policy: Policy): Layer.Layer<Verifier, PolicyError, Fetcher | AssociationStore> =>
    underChecked(
      policy,
      () => Layer.effect(Verifier, makeVerifier(policy)).pipe(Layer.provide(Resolver.layerNoDeps(policy)))
    )

  /** With the memory store alone. Fails to build if an option of the policy is invalid. */
  static readonly layer = (policy: Policy): Layer.Layer<Verifier, PolicyError, Fetcher> =>
    underChecked(policy, () =>
      this.layerNoDeps(policy).pipe(
        Layer.provide(layerMemory({ entries: policy.cacheEntries, octets: policy.cacheOctets }))
      ))
}

/** Makes the layer where the policy is one: before that nothing may read it. */
const underChecked = <A, E, R>(policy: Policy, make: () => Layer.Layer<A, E, R>): Layer.Layer<A, E | PolicyError, R> =>
  Layer.unwrap(Effect.map(Effect.fromResult(checkPolicy(policy)), make))

const makeVerifier = Effect.fnUntraced(function*(policy: Policy) {
  const resolver = yield* Resolver
  const { inventory } = yield* AssociationStore
  const clock = yield* Clock.Clock
  const completion = yield* makePathCompletion(policy)
  const { forget: forgetLookup, inventory: lookups, source: dane } = yield* makeDane(policy)
  const report = yield* makeReporter(policy, resolver, dane)
  const conclusions = makeConclusions({
    evaluation: makeEvaluation(policy, completion),
    completion,
    resolver,
    dane,
    clock
  })

  // Nothing here waits, so the clock is read once, for question and decision.
  const recall = (inquiry: Inquiry): Verdict | undefined => {
    requirePrepared(inquiry)
    const recalled = conclusions.recall(inquiry, stampOf(clock), untraced, "memory")
    if (recalled === undefined || recalled.retry !== undefined) return undefined
    if (recalled.memory !== undefined) resolver.used(recalled.memory)
    return recalled.verdict
  }

  const readAhead = (inquiry: Inquiry, then: () => void): boolean => {
    requirePrepared(inquiry)
    const { options, target } = inquiry
    // What another proof type says may come first, and take work.
    const asksPoshAlone = options.prooftypes === defaultProoftypes
    return asksPoshAlone && !options.refresh && resolver.readAhead(target, options, options.deadlineMs, then)
  }

  // Spans only if the question is traced: they would cost more than the rest of a warm answer.
  const verify = Effect.fnUntraced(function*(inquiry: Inquiry) {
    requirePrepared(inquiry)
    const stage = yield* currentStage
    yield* callerTurn
    const asked = stampOf(clock)
    const options = toResolveOptions(inquiry, asked, stage)
    // Nothing may run between this and `recall`, or DNS could become known without a path that was completed for it.
    const completing = conclusions.completePath(inquiry, options)
    const hasWaited = completing !== undefined && (yield* completing)
    const now = hasWaited ? latestOf(asked, stampOf(clock)) : asked
    const first = conclusions.recall(inquiry, now, stage, "work") ?? (yield* conclusions.ask(inquiry, options))
    if (first.memory !== undefined) resolver.used(first.memory)
    const last = first.retry === undefined ? first : yield* conclusions.askAgain(inquiry, options, first)
    return last.verdict
  })

  const forget = Effect.fn("Verifier.forget")(function*(domain: string, service: string) {
    const target = yield* Effect.fromResult(parseTarget({ domain, service }, policy))
    return combinePurges(yield* Effect.all([resolver.forget(target), forgetLookup(target)], { concurrency: 2 }))
  })

  return Verifier.of({
    services: policy.services,
    prepare: (question, stage) => prepare(question, policy, stage),
    recall,
    readAhead,
    verify,
    report,
    forget,
    inventory,
    lookups
  })
})

/** For programs without types, in which a question, or the result of `prepare`, comes here too. */
const requirePrepared = (inquiry: Inquiry | undefined): void => {
  if (inquiry?.presented instanceof Presented) return
  throw new TypeError("verify and recall take an inquiry: the success of prepare(question)")
}

const toResolveOptions = (
  { options: { deadlineMs, generations, maxAgeMs } }: Inquiry,
  asked: Stamp,
  stage: StageTracer
): ResolveOptions => ({
  generations,
  asked,
  deadline: { ms: deadlineMs },
  stage,
  ...(maxAgeMs === undefined ? {} : { maxAgeMs })
})
