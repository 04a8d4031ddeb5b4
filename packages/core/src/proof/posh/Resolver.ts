/**
 * What does the domain assert, and until when? Asks the cache, and the origins where the cache does not know.
 *
 * `resolve` negotiates between the generations (requirements §9.2); `ask` answers for one of them.
 */
import { Clock, Context, Effect, Layer, Result } from "effect"
import type { ResolveError } from "../../association/ResolveError.ts"
import { type FlightResult, lost, makeFetchAndStore } from "../../cache/fetchAndStore.ts"
import { Fleet } from "../../cache/Fleet.ts"
import { makeFlights } from "../../cache/Flights.ts"
import { makeLookup, type Search } from "../../cache/Lookup.ts"
import { makeRefetchLimit } from "../../cache/RefetchLimit.ts"
import type { Attempted, Resolution } from "../../cache/Resolution.ts"
import { observeAttempt, observeFetcher, observeFleet, ResolutionObserver } from "../../cache/ResolutionObserver.ts"
import { AssociationStore, combinePurges, type Purge } from "../../cache/store/AssociationStore.ts"
import { isUnanswered } from "../../codes.ts"
import { withBudgets } from "../../fetch/Budgets.ts"
import { Fetcher } from "../../fetch/Fetcher.ts"
import type { Policy } from "../../Policy.ts"
import type { Deadline } from "../../question/Deadline.ts"
import type { Generation, Generations } from "../../question/Generation.ts"
import type { StageTracer } from "../../question/StageTracer.ts"
import type { Stamp } from "../../question/Stamp.ts"
import type { Target } from "../../question/Target.ts"
import { makeAttempt } from "./Attempt.ts"
import { rememberPublishers } from "./publishers.ts"

export interface RecallOptions {
  readonly generations: Generations
  /** Milliseconds; older material does not count. */
  readonly maxAgeMs?: number
}

export interface ResolveOptions extends RecallOptions {
  /** When the question was put. */
  readonly asked: Stamp
  /** Ask the origin although something is remembered: on demand, or because nothing remembered matched. */
  readonly force?: "refresh" | "mismatch"
  readonly deadline: Deadline
  /** Where the question is traced. */
  readonly stage?: StageTracer
}

/** A resolution that asked nobody. */
export interface Recollection extends Resolution {
  /** To be called where it is used: the observer then counts it as it counts others. */
  readonly used: () => void
}

export class Resolver extends Context.Service<Resolver, {
  readonly resolve: (target: Target, options: ResolveOptions) => Effect.Effect<Resolution>
  /** The same, of what memory answers alone and at once; `undefined` where somebody has to be asked or waited for. */
  readonly resolveNow: (target: Target, options: RecallOptions, asked: Stamp) => Recollection | undefined
  /** Forgets both generations; resolutions under way are not remembered. */
  readonly forget: (target: Target) => Effect.Effect<Purge>
}>()("posh/Resolver") {
  static readonly layerNoDeps = (policy: Policy): Layer.Layer<Resolver, never, Fetcher | AssociationStore> =>
    Layer.effect(Resolver, makeResolver(policy))
}

const makeResolver = Effect.fnUntraced(function*(policy: Policy) {
  const store = yield* AssociationStore
  const fetcher = yield* Fetcher
  const observer = yield* ResolutionObserver
  const clock = yield* Clock.Clock
  const get = withBudgets(observeFetcher(fetcher, observer), policy.budgets)
  const attempt = observeAttempt(rememberPublishers(makeAttempt(Fetcher.of({ get }), policy)), observer)
  const flights = yield* makeFlights<FlightResult>(lost)
  const fetchAndStore = makeFetchAndStore(attempt, store, observeFleet(yield* Fleet, observer))
  const refetches = makeRefetchLimit()
  const { ask, askNow, askStore } = makeLookup({ store, flights, fetchAndStore, observer, clock })

  const resolve = (target: Target, { generations, ...options }: ResolveOptions): Effect.Effect<Resolution> => {
    const search = toSearch(target, options)
    return generations === "draft-only"
      ? Effect.map(ask("draft", search), (draft) => ({ asked: [draft], deciding: draft }))
      : Effect.flatMap(
        ask("rfc7711", search),
        (rfc) =>
          generations === "rfc-only" || Result.isSuccess(rfc.outcome)
            ? Effect.succeed({ asked: [rfc], deciding: rfc })
            : negotiate(search, rfc, rfc.outcome.failure)
      )
  }

  const toSearch = (target: Target, { maxAgeMs, ...options }: Omit<ResolveOptions, "generations">): Search => {
    const reason = options.force ?? (maxAgeMs === undefined ? undefined : "maxAge")
    return {
      ...options,
      target,
      freshness: freshnessOf(maxAgeMs),
      ...(reason === undefined ? {} : { leave: refetches.leaveFor(target.keys.rfc7711.text, reason) })
    }
  }

  /** RFC 7711 brought nothing: may the draft generation speak? */
  const negotiate = Effect.fnUntraced(function*(search: Search, rfc: Attempted, { code }: ResolveError) {
    // POSH-NEG-02: only an authoritative "nothing published" lets it.
    const draft = code === "NotPublished"
      ? yield* ask("draft", search)
      : isUnanswered(code)
      ? yield* stillFresh(search)
      : undefined
    return draft === undefined ? { asked: [rfc], deciding: rfc } : { asked: [rfc, draft], deciding: draft }
  })

  /**
   * POSH-NEG-06: where RFC 7711 cannot be asked again, draft material serves until its own fresh-until; but only where
   * the domain's last word on RFC 7711 was that it publishes nothing, so that no outage brings superseded material back
   * (POSH-SEC-30).
   */
  const stillFresh = Effect.fnUntraced(function*(search: Search) {
    if (search.freshness.maxAgeMs !== undefined) return undefined
    const { negative } = yield* store.get(search.target.keys.rfc7711, search.deadline)
    return negative?.nothingPublished === true ? yield* askStore("draft", search) : undefined
  })

  const resolveNow = (
    target: Target,
    { generations, maxAgeMs }: RecallOptions,
    asked: Stamp
  ): Recollection | undefined => {
    const freshness = freshnessOf(maxAgeMs)
    const [first, second] = generationsOf[generations]
    const one = askNow(first, target, asked, freshness)
    if (one === undefined) return undefined
    if (second === undefined || Result.isSuccess(one.asked.outcome)) {
      return { asked: [one.asked], deciding: one.asked, used: one.used }
    }
    const { code } = one.asked.outcome.failure
    if (code !== "NotPublished") { // POSH-NEG-02, POSH-NEG-06
      return isUnanswered(code) ? undefined : { asked: [one.asked], deciding: one.asked, used: one.used }
    }
    const two = askNow(second, target, asked, freshness)
    return two === undefined ? undefined : {
      asked: [one.asked, two.asked],
      deciding: two.asked,
      used: () => {
        one.used()
        two.used()
      }
    }
  }

  return Resolver.of({
    resolve,
    resolveNow,
    forget: Effect.fnUntraced(function*({ keys }) {
      const purges = yield* Effect.forEach([keys.rfc7711, keys.draft], (key) => {
        flights.discard(key.text)
        return store.forget(key)
      })
      refetches.forget(keys.rfc7711.text)
      return combinePurges(purges)
    })
  })
})

const freshnessOf = (maxAgeMs: number | undefined) => maxAgeMs === undefined ? anyAge : { maxAgeMs }
const anyAge = {}

const generationsOf = {
  "rfc-then-draft": ["rfc7711", "draft"],
  "rfc-only": ["rfc7711", undefined],
  "draft-only": ["draft", undefined]
} as const satisfies Record<Generations, readonly [Generation, Generation | undefined]>
