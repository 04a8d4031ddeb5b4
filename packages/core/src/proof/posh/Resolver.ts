/**
 * Resolves what a domain asserts. `negotiation.ts` decides the order of the generations; `Lookup` takes each from the
 * cache, or asks the origin.
 */
import { Clock, Context, Effect, Layer } from "effect"
import { type FlightResult, makeFetchAndStore, toLostResult } from "../../cache/fetchAndStore.ts"
import { Fleet } from "../../cache/Fleet.ts"
import { makeFlights } from "../../cache/Flights.ts"
import { makeLookup, type MemoryHit, type Search } from "../../cache/Lookup.ts"
import { makeRefetchLimit } from "../../cache/RefetchLimit.ts"
import type { Attempted, Resolution } from "../../cache/Resolution.ts"
import { observeFetcher, observeFleet, observeSource, ResolutionObserver } from "../../cache/ResolutionObserver.ts"
import type { Source } from "../../cache/Source.ts"
import { AssociationStore, combinePurges, type Purge } from "../../cache/store/AssociationStore.ts"
import { withBudgets } from "../../fetch/Budgets.ts"
import { Fetcher } from "../../fetch/Fetcher.ts"
import type { Policy } from "../../Policy.ts"
import type { Deadline } from "../../question/Deadline.ts"
import { ownDomain } from "../../question/Domain.ts"
import type { Generation, Generations } from "../../question/Generation.ts"
import type { StageTracer } from "../../question/StageTracer.ts"
import type { Stamp } from "../../question/Stamp.ts"
import type { Target } from "../../question/Target.ts"
import { makeAttempt } from "./Attempt.ts"
import { nextStep } from "./negotiation.ts"
import { rememberPublishers } from "./publishers.ts"

export interface RecallOptions {
  readonly generations: Generations
  /** Milliseconds; older material is not used. */
  readonly maxAgeMs?: number
}

export interface ResolveOptions extends RecallOptions {
  /** When the question arrived. */
  readonly asked: Stamp
  /** Bypass the cache: on the caller's demand, or because the cached material did not match. */
  readonly force?: "refresh" | "mismatch"
  readonly deadline: Deadline
  readonly stage: StageTracer
}

/** A resolution from memory alone. */
export interface MemoryResolution extends Resolution {
  readonly hits: ReadonlyArray<MemoryHit>
}

export class Resolver extends Context.Service<Resolver, {
  /** Resolves from memory, synchronously; `undefined` if memory does not suffice. */
  readonly recall: (target: Target, options: RecallOptions, asked: Stamp) => MemoryResolution | undefined
  /**
   * Reads what the shared store has of the generation that is asked first, without a fiber; `recall` and `resolve` know it
   * while `then` runs. False: not read, and `then` is not called.
   */
  readonly readAhead: (target: Target, options: RecallOptions, ms: number, then: () => void) => boolean
  /** Reports the hits of a recalled resolution to the observer; to be called if it is used. */
  readonly used: (resolution: MemoryResolution) => void
  /** Resolves from memory as far as possible, and asks the shared store and the origin for the rest. */
  readonly resolve: (target: Target, options: ResolveOptions) => Effect.Effect<Resolution>
  /** Removes both generations from the cache; resolutions under way are not stored. */
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
  const attempt = rememberPublishers(makeAttempt(Fetcher.of({ get }), policy))
  const flights = yield* makeFlights<FlightResult>(toLostResult)
  const fetchAndStore = makeFetchAndStore(store, observeFleet(yield* Fleet, observer))
  const refetches = makeRefetchLimit()
  const lookup = makeLookup({ store, flights, fetchAndStore, observer, clock })

  const recall = (
    target: Target,
    { generations, maxAgeMs }: RecallOptions,
    asked: Stamp
  ): MemoryResolution | undefined => {
    const search = { asked, freshness: freshnessOf(maxAgeMs) }
    const attempts: Array<Attempted> = []
    const hits: Array<MemoryHit> = []
    while (true) {
      const step = nextStep(generations, attempts, search.freshness)
      if (step._tag === "Decide") return { asked: attempts, deciding: step.deciding, hits }
      const hit = step._tag === "Ask" ? lookup.recall(target.keys[step.generation], search, asked) : undefined
      if (hit === undefined) return undefined
      attempts.push(hit.attempted)
      hits.push(hit)
    }
  }

  const readAhead = (target: Target, { generations, maxAgeMs }: RecallOptions, ms: number, then: () => void) => {
    const first = nextStep(generations, [], freshnessOf(maxAgeMs))
    return first._tag === "Ask" && store.readAhead?.(target.keys[first.generation], ms, then) === true
  }

  /** Memory is not read here: `lookup.ask` begins with the store, which begins with its memory. */
  const resolve = (target: Target, options: ResolveOptions): Effect.Effect<Resolution> => {
    const search = toSearch(target, options)
    const resolveAfter = (attempts: ReadonlyArray<Attempted>): Effect.Effect<Resolution> => {
      const step = nextStep(options.generations, attempts, search.freshness)
      if (step._tag === "Decide") return Effect.succeed({ asked: attempts, deciding: step.deciding })
      if (step._tag === "Ask") {
        return Effect.flatMap(
          lookup.ask(sourceOf(target, step.generation), search),
          (next) => resolveAfter([...attempts, next])
        )
      }
      return Effect.map(askStore(target, step.generation, search), (next) =>
        next === undefined
          ? { asked: attempts, deciding: step.otherwise }
          : { asked: [...attempts, next], deciding: next })
    }
    return resolveAfter([])
  }

  const askStore = (target: Target, generation: Generation, search: Search) =>
    Effect.flatMap(
      store.get(target.keys.rfc7711, search.deadline),
      ({ negative }) =>
        negative?.nothingPublished === true
          ? lookup.askStore(target.keys[generation], search)
          : Effect.succeed(undefined)
    )

  const sourceOf = ({ domain, keys, service }: Target, generation: Generation): Source =>
    observeSource({
      key: keys[generation],
      fetch: (request) => attempt({ domain: ownDomain(domain), service, generation, ...request })
    }, observer)

  const toSearch = (target: Target, { asked, deadline, force, maxAgeMs, stage }: ResolveOptions): Search => {
    const reason = force ?? (maxAgeMs === undefined ? undefined : "maxAge")
    return {
      asked,
      deadline,
      stage,
      freshness: freshnessOf(maxAgeMs),
      ...(force === undefined ? {} : { force }),
      ...(reason === undefined ? {} : { grant: refetches.grantFor(target.keys.rfc7711.text, reason) })
    }
  }

  return Resolver.of({
    recall,
    readAhead,
    used: ({ hits }) => hits.forEach(lookup.used),
    resolve,
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
