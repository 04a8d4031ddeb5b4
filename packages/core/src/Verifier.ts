/**
 * Is this certificate valid for this service on this domain?
 *
 * `verify` is the way of a question; each of its statements is a stage with a file of its own.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { type Assertion, toAssertion } from "./Assertion.ts"
import type { AssociationStore } from "./cache/AssociationStore.ts"
import { layerMemory } from "./cache/MemoryStore.ts"
import { decide, decideWithoutLookup, type Inquiry } from "./decide.ts"
import type { QuestionError } from "./errors.ts"
import type { Fetcher } from "./Fetcher.ts"
import { judgeLeaf } from "./Leaf.ts"
import type { Policy } from "./Policy.ts"
import { parseProof } from "./Proof.ts"
import type { Question } from "./Question.ts"
import { monotonicMs, Resolver } from "./Resolver.ts"
import { parseTarget } from "./Target.ts"
import { deadlines, parseTerms } from "./Terms.ts"
import type { Verdict } from "./Verdict.ts"

export class Verifier extends Context.Service<Verifier, {
  /** Answers a question. Fails only where the question is malformed. */
  readonly verify: (question: Question) => Effect.Effect<Verdict, QuestionError>
  /** What the domain asserts now; resolves where nothing is remembered (POSH-REQ-08: so also the prefetch). */
  readonly assertion: (
    domain: string,
    service: string,
    options?: { readonly refresh?: boolean; readonly deadlineMs?: number }
  ) => Effect.Effect<Assertion, QuestionError>
  /** Forgets everything known of the pair, in both generations. */
  readonly forget: (domain: string, service: string) => Effect.Effect<void, QuestionError>
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

  // Without a span of its own: it would cost more than the rest of a warm answer. Resolutions have theirs.
  const verify = Effect.fnUntraced(function*(question: Question) {
    const now = yield* Clock.currentTimeMillis
    const target = yield* Effect.fromResult(parseTarget(question, policy))
    const presented = yield* Effect.fromResult(parseProof(question))
    const terms = yield* Effect.fromResult(parseTerms(question, policy))
    const leaf = judgeLeaf(presented, policy, now)
    const inquiry: Inquiry = { target, presented, terms, leaf, now }
    if (leaf.fault !== undefined) return decideWithoutLookup(inquiry, leaf.fault)

    const { refresh, deadlineMs, ...rest } = terms
    const options = { ...rest, deadlineAt: (yield* monotonicMs) + deadlineMs }
    const resolution = yield* resolver.resolve(target, refresh ? { ...options, force: "refresh" } : options)
    const verdict = decide(inquiry, resolution, policy)
    if (!isRememberedMismatch(verdict)) return verdict

    // POSH-MAT-43: what is remembered may be older than the certificate.
    return decide(inquiry, yield* resolver.resolve(target, { ...options, force: "mismatch" }), policy)
  })

  const assertion = Effect.fn("Verifier.assertion")(
    function*(domain: string, service: string, options: { refresh?: boolean; deadlineMs?: number } = {}) {
      const target = yield* Effect.fromResult(parseTarget({ domain, service }, policy))
      const resolution = yield* resolver.resolve(target, {
        generations: policy.generations,
        deadlineAt: (yield* monotonicMs) + (options.deadlineMs ?? deadlines.usual),
        ...(options.refresh === true ? { force: "refresh" as const } : {})
      })
      return toAssertion(target, resolution, yield* Clock.currentTimeMillis)
    }
  )

  const forget = Effect.fn("Verifier.forget")(function*(domain: string, service: string) {
    yield* resolver.forget(yield* Effect.fromResult(parseTarget({ domain, service }, policy)))
  })

  return Verifier.of({ verify, assertion, forget })
})

const isRememberedMismatch = ({ cache, code }: Verdict): boolean =>
  code === "CertificateMismatch" && (cache === "memory" || cache === "redis")
