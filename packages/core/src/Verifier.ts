/**
 * Is this certificate valid for this service on this domain?
 *
 * `verify` is the way of a question; each of its statements is a stage with a file of its own.
 */
import { Clock, Context, Effect, Layer, Result } from "effect"
import { type Assertion, toAssertion } from "./Assertion.ts"
import type { AssociationStore } from "./cache/AssociationStore.ts"
import { layerMemory } from "./cache/MemoryStore.ts"
import { decide, decideWithoutLookup, type Inquiry } from "./decide.ts"
import type { QuestionError } from "./errors.ts"
import type { Fetcher } from "./Fetcher.ts"
import { inspectLeaf, judgeLeaf, type LeafInspection } from "./Leaf.ts"
import type { Policy } from "./Policy.ts"
import { parseProof } from "./Proof.ts"
import type { Question } from "./Question.ts"
import { type ResolveOptions, Resolver } from "./Resolver.ts"
import { parseTarget, type Target } from "./Target.ts"
import { deadlines, parseTerms, type Terms } from "./Terms.ts"
import type { PresentedCertificate, Verdict } from "./Verdict.ts"

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
    const { inspection, presented, target, terms } = yield* Effect.fromResult(parse(question))
    const leaf = judgeLeaf(presented, inspection, policy, now)
    const inquiry: Inquiry = { target, presented, terms, leaf, now }
    if (leaf.fault !== undefined) return decideWithoutLookup(inquiry, leaf.fault)

    const options = toOptions(terms)
    const resolution = yield* resolver.resolve(target, terms.refresh ? { ...options, force: "refresh" } : options)
    const verdict = decide(inquiry, resolution, policy)
    if (!isRememberedMismatch(verdict)) return verdict

    // POSH-MAT-43: what is remembered may be older than the certificate.
    return decide(inquiry, yield* resolver.resolve(target, { ...options, force: "mismatch" }), policy)
  })

  /** Target, certificate and terms. Whoever puts the same value again is spared the reading. */
  const parse = (question: Question): Result.Result<Parsed, QuestionError> => {
    const known = readings.get(question)
    if (known !== undefined) return Result.succeed(known)
    return Result.map(
      Result.all({
        target: parseTarget(question, policy),
        presented: parseProof(question),
        terms: parseTerms(question, policy)
      }),
      ({ presented, target, terms }) => {
        const parsed = { target, presented, terms, inspection: inspectLeaf(presented) }
        readings.set(question, parsed)
        return parsed
      }
    )
  }
  const readings = new WeakMap<Question, Parsed>()

  const assertion = Effect.fn("Verifier.assertion")(
    function*(domain: string, service: string, options: { refresh?: boolean; deadlineMs?: number } = {}) {
      const target = yield* Effect.fromResult(parseTarget({ domain, service }, policy))
      const resolution = yield* resolver.resolve(target, {
        generations: policy.generations,
        deadline: { ms: options.deadlineMs ?? deadlines.usual },
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

interface Parsed {
  readonly target: Target
  readonly presented: PresentedCertificate
  readonly terms: Terms
  readonly inspection: LeafInspection
}

const toOptions = ({ deadlineMs, generations, maxAgeMs }: Terms): ResolveOptions => ({
  generations,
  deadline: { ms: deadlineMs },
  ...(maxAgeMs === undefined ? {} : { maxAgeMs })
})

const isRememberedMismatch = ({ cache, code }: Verdict): boolean =>
  code === "CertificateMismatch" && (cache === "memory" || cache === "redis")
