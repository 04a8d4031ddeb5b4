/**
 * Is this certificate valid for this service on this domain?
 *
 * `verify` is the way of a question: what is asked (`inquire`), what the domain asserts (the resolver), and what follows
 * (`conclude`). Each statement of these is a stage with a file of its own. `verifyNow` goes the same way, past the waiting.
 */
import { Clock, Context, Effect, Layer, Result } from "effect"
import { type Assertion, toAssertion } from "./Assertion.ts"
import { AssociationStore, type Inventory, type InventoryQuery, type Purge } from "./cache/AssociationStore.ts"
import { layerMemory } from "./cache/MemoryStore.ts"
import { screenChains } from "./ChainScreen.ts"
import type { QuestionError } from "./errors.ts"
import type { Fetcher } from "./Fetcher.ts"
import type { Generations } from "./Generation.ts"
import { type Inquiry, judged, refusedLeaf, unresolved } from "./judge.ts"
import { judgeLeaf } from "./Leaf.ts"
import { match } from "./Matcher.ts"
import type { Policy } from "./Policy.ts"
import { parseProof } from "./Proof.ts"
import type { Question } from "./Question.ts"
import { type Resolution, type ResolveOptions, Resolver } from "./Resolver.ts"
import { currentStage, type Stage, untraced } from "./Stage.ts"
import { parseTarget } from "./Target.ts"
import { deadlines, parseTerms, type Terms } from "./Terms.ts"
import type { Verdict } from "./Verdict.ts"

export interface AssertionOptions {
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
  readonly assertion: (
    domain: string,
    service: string,
    options?: AssertionOptions
  ) => Effect.Effect<Assertion, QuestionError>
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
  const readProof = remembering(parseProof)
  const readTerms = remembering((question: Question) => parseTerms(question, policy))

  // Spans only where a question is traced: they would cost more than the rest of a warm answer.
  const verify = Effect.fnUntraced(function*(question: Question) {
    const stage = yield* currentStage
    const inquiry = yield* Effect.fromResult(inquire(stage, question, yield* Clock.currentTimeMillis))
    const { leaf, target, terms } = inquiry
    if (leaf.fault !== undefined) return refusedLeaf(inquiry, leaf.fault)

    const options = toOptions(terms, stage)
    const resolution = yield* stage.within(
      "Resolver",
      resolver.resolve(target, terms.refresh ? { ...options, force: "refresh" } : options)
    )
    const verdict = conclude(stage, inquiry, resolution)
    if (!isRememberedMismatch(verdict)) return verdict

    // POSH-MAT-43: what is remembered may be older than the certificate.
    const again = yield* stage.within("Resolver", resolver.resolve(target, { ...options, force: "mismatch" }))
    return conclude(stage, inquiry, again)
  })

  const verifyNow = (question: Question): Verdict | undefined => {
    const inquiry = Result.getOrUndefined(inquire(untraced, question, clock.currentTimeMillisUnsafe()))
    if (inquiry === undefined || inquiry.terms.refresh) return undefined
    if (inquiry.leaf.fault !== undefined) return refusedLeaf(inquiry, inquiry.leaf.fault)
    const resolution = resolver.resolveNow(inquiry.target, inquiry.terms)
    if (resolution === undefined) return undefined
    const verdict = conclude(untraced, inquiry, resolution)
    if (isRememberedMismatch(verdict)) return undefined
    resolution.used()
    return verdict
  }

  const inquire = (stage: Stage, question: Question, now: number): Result.Result<Inquiry, QuestionError> => {
    const target = stage.run("Target", () => readTarget(question))
    if (Result.isFailure(target)) return Result.fail(target.failure)
    const presented = stage.run("Certificate", () => readProof(question))
    if (Result.isFailure(presented)) return Result.fail(presented.failure)
    const terms = readTerms(question)
    if (Result.isFailure(terms)) return Result.fail(terms.failure)
    const leaf = stage.run("Leaf", () => judgeLeaf(presented.success, policy, now))
    return Result.succeed({ target: target.success, presented: presented.success, terms: terms.success, leaf, now })
  }

  const conclude = (stage: Stage, inquiry: Inquiry, resolution: Resolution): Verdict => {
    const { outcome } = resolution.deciding
    if (Result.isFailure(outcome)) return unresolved(inquiry, resolution, outcome.failure)
    const { now, presented, terms } = inquiry
    const { material } = outcome.success.association
    const chains = stage.run("Chain", () => screenChains(terms.chainCheck, { now, allowSha1: policy.chainSha1 }))
    const found = stage.run(
      "Matcher",
      () => match(material, presented, { now, hashes: policy.hashes, mode: policy.match, admits: chains.admits })
    )
    return stage.run("Verdict", () => judged(inquiry, resolution, outcome.success, found, chains))
  }

  const assertion = Effect.fn("Verifier.assertion")(
    function*(domain: string, service: string, options: AssertionOptions = {}) {
      const target = yield* Effect.fromResult(parseTarget({ domain, service }, policy))
      const resolution = yield* resolver.resolve(target, {
        generations: options.generations ?? policy.generations,
        deadline: { ms: options.deadlineMs ?? deadlines.usual },
        ...(options.refresh === true ? { force: "refresh" as const } : {})
      })
      return toAssertion(target, resolution, yield* Clock.currentTimeMillis)
    }
  )

  const forget = Effect.fn("Verifier.forget")(function*(domain: string, service: string) {
    return yield* resolver.forget(yield* Effect.fromResult(parseTarget({ domain, service }, policy)))
  })

  return Verifier.of({ verify, verifyNow, assertion, forget, inventory })
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

const toOptions = ({ deadlineMs, generations, maxAgeMs }: Terms, stage: Stage): ResolveOptions => ({
  generations,
  deadline: { ms: deadlineMs },
  ...(stage === untraced ? {} : { stage }),
  ...(maxAgeMs === undefined ? {} : { maxAgeMs })
})

const isRememberedMismatch = ({ cache, code }: Verdict): boolean =>
  code === "CertificateMismatch" && (cache === "memory" || cache === "redis")
