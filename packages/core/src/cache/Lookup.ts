/**
 * One generation's word on a question: what is remembered, or what the origin says where that does not do.
 *
 * The way: look, judge what is remembered (`toCacheDecision`), wait for a flight where that is not enough, judge what it brought
 * (`meaningOf`), and again where that was an answer to others alone.
 */
import { Clock, Effect, Result } from "effect"
import { ResolveError } from "../association/ResolveError.ts"
import { CallerBudget } from "../question/CallerBudget.ts"
import { type Deadline, remainingMs } from "../question/Deadline.ts"
import type { Generation } from "../question/Generation.ts"
import type { StageTracer } from "../question/StageTracer.ts"
import { type Stamp, stampOf, timeSince } from "../question/Stamp.ts"
import type { StoreKey } from "../question/StoreKey.ts"
import type { Target } from "../question/Target.ts"
import { type CacheDecision, fallBack, type Freshness, newerThan, toCacheDecision } from "./CacheDecision.ts"
import type { FlightResult } from "./fetchAndStore.ts"
import { type Meaning, meaningOf } from "./flightMeaning.ts"
import type { Flight, Flights } from "./Flights.ts"
import { type Reason, refetchIntervals, type RefetchLeave } from "./RefetchLimit.ts"
import type { CacheStatus } from "./Resolution.ts"
import type { Attempted, Usable } from "./Resolution.ts"
import type { ResolutionObserverShape } from "./ResolutionObserver.ts"
import type { AssociationStore, CacheEntry } from "./store/AssociationStore.ts"

/** What a question wants of one generation. */
export interface Search {
  readonly target: Target
  /** When the question was put. */
  readonly asked: Stamp
  readonly deadline: Deadline
  readonly freshness: Freshness
  /** Ask the origin although something is remembered. */
  readonly force?: Exclude<Reason, "maxAge">
  /** For that, and for `need.maxAgeMs`; one for all generations of the question. */
  readonly leave?: RefetchLeave
  /** Where the question is traced. */
  readonly stage?: StageTracer
}

export interface LookupParts {
  readonly store: AssociationStore["Service"]
  readonly flights: Flights<FlightResult>
  readonly fetchAndStore: (
    generation: Generation,
    target: Target,
    freshness: Freshness,
    /** Is material of the domain remembered, that serves or has served? */
    hadMaterial: boolean
  ) => (flight: Flight<FlightResult>) => Effect.Effect<FlightResult>
  readonly observer: ResolutionObserverShape
  readonly clock: Clock.Clock
}

/** What memory alone says of one generation. */
export interface Looked {
  readonly asked: Attempted
  /** To be called where it is used: the observer then counts it as it counts others. */
  readonly used: () => void
}

export interface Lookup {
  readonly ask: (generation: Generation, search: Search) => Effect.Effect<Attempted>
  /** What is remembered and fresh; asks no origin. */
  readonly askStore: (generation: Generation, search: Search) => Effect.Effect<Attempted | undefined>
  /** The same, where memory answers alone and at once; `undefined` where somebody has to be asked or waited for. */
  readonly askNow: (generation: Generation, target: Target, asked: Stamp, freshness: Freshness) => Looked | undefined
}

export const makeLookup = ({ clock, flights, fetchAndStore, observer, store }: LookupParts): Lookup => {
  const ask = (generation: Generation, search: Search): Effect.Effect<Attempted> =>
    Effect.flatMap(look(search, search.target.keys[generation]), (remembered) => {
      if (search.force === undefined) {
        observer.lookedUp(remembered)
        return pursue(generation, search, remembered, toCacheDecision(remembered, search.freshness))
      }
      const younger = { ...search, freshness: { ...search.freshness, askedSince: newerThan(remembered) } }
      return pursue(generation, younger, remembered, { _tag: "Fetch", refetch: true })
    })

  const look = ({ deadline, stage }: Search, key: StoreKey): Effect.Effect<CacheEntry> =>
    stage === undefined ? store.get(key, deadline) : stage.within("Cache", store.get(key, deadline))

  const pursue = (
    generation: Generation,
    search: Search,
    remembered: CacheEntry,
    decision: CacheDecision
  ): Effect.Effect<Attempted> => {
    if (decision._tag === "Fetch") return fetchAnew(generation, search, remembered, decision.refetch)
    const answer = toAttempted(generation, search.asked, decision, remembered)
    observeServed(remembered, decision)
    return decision.refreshAhead
      ? Effect.as(refreshAhead(generation, search.target, remembered), answer)
      : Effect.succeed(answer)
  }

  const refreshAhead = (generation: Generation, target: Target, remembered: CacheEntry) =>
    Effect.suspend(() => {
      const { text } = target.keys[generation]
      if (!flights.isUnderWay(text)) observer.refreshedAhead()
      const freshness = { askedSince: newerThan(remembered, Number.NEGATIVE_INFINITY) }
      return flights.start(text, fetchAndStore(generation, target, freshness, remembered.association !== undefined))
    })

  /**
   * Nothing that is remembered does. `refetch`: it would do for a question that needs less, so asking goes through the limit
   * of refetches.
   */
  const fetchAnew = (
    generation: Generation,
    search: Search,
    remembered: CacheEntry,
    refetch: boolean
  ): Effect.Effect<Attempted> =>
    Effect.suspend(() => {
      const waitMs = refetch ? search.leave?.waitMs(stampOf(clock).monotonicMs) ?? 0 : 0
      if (waitMs === 0) return fly(generation, search, remembered, refetch)
      // POSH-CAC-32, POSH-MAT-43: asked a moment ago. What that brought, or is about to bring, is as young as it gets.
      const { force, ...rest } = search
      const modest = { ...rest, freshness: relaxed(search.freshness) }
      if (flights.isUnderWay(search.target.keys[generation].text)) return fly(generation, modest, remembered, false)
      if (force !== undefined) observer.lookedUp(remembered)
      const decision = toCacheDecision(remembered, modest.freshness)
      return decision._tag === "Fetch" && decision.refetch
        ? Effect.succeed(refused(generation, modest, remembered, waitMs))
        : pursue(generation, modest, remembered, decision)
    })

  /** Waits for a flight of the key, starting it where there is none; and for another where that one answers others alone. */
  const fly = (
    generation: Generation,
    search: Search,
    remembered: CacheEntry,
    refetch: boolean
  ): Effect.Effect<Attempted> =>
    Effect.gen(function*() {
      const { asked, deadline, freshness, target } = search
      const { text } = target.keys[generation]
      const since = stampOf(clock).monotonicMs
      if (!flights.isUnderWay(text)) {
        const refusedForMs = (yield* CallerBudget).take()
        if (refusedForMs !== undefined) return refused(generation, search, remembered, refusedForMs)
        if (refetch) search.leave?.use(since)
      }
      const ms = yield* remainingMs(deadline)
      observer.waiting(1)
      const { began, joined, outcome: result } = yield* Effect.ensuring(
        flights.join(text, fetchAndStore(generation, target, freshness, remembered.association !== undefined), {
          ms,
          onLate
        }),
        Effect.sync(() => observer.waiting(-1))
      )
      if (joined) observer.coalesced()
      const now = stampOf(clock)
      const meaning = meaningOf({ result, began, asked, freshness, now })
      const answer = meaning._tag === "Fetch"
        ? yield* fetchAnew(generation, search, result.remembered ?? remembered, meaning.refetch)
        : toAnswer(generation, asked, meaning, now, joined ? "coalesced" : "miss")
      return { ...answer, waitedMs: stampOf(clock).monotonicMs - since }
    })

  /** Asking is refused. That says nothing of the origin, so what is remembered may serve. */
  const refused = (
    generation: Generation,
    { asked, freshness }: Search,
    remembered: CacheEntry,
    retryAfterMs: number
  ): Attempted => {
    const kept = fallBack(remembered, freshness, remembered.asOf)
    if (kept !== undefined) return { ...toAttempted(generation, asked, kept, remembered), cache: "miss" }
    const error = new ResolveError({ code: "RateLimitedLocally", retryAfterMs, hops: [] })
    return { generation, outcome: Result.fail(error), cache: "miss" }
  }

  const askStore = (generation: Generation, search: Search): Effect.Effect<Attempted | undefined> =>
    Effect.map(store.get(search.target.keys[generation], search.deadline), (remembered) => {
      const decision = toCacheDecision(remembered, search.freshness)
      return decision._tag === "Serve" && !decision.overdue
        ? toAttempted(generation, search.asked, decision, remembered)
        : undefined
    })

  const askNow = (generation: Generation, target: Target, asked: Stamp, freshness: Freshness): Looked | undefined => {
    const remembered = store.getNow(target.keys[generation], asked)
    if (remembered === undefined) return undefined
    const decision = toCacheDecision(remembered, freshness)
    if (decision._tag === "Fetch" || decision.refreshAhead) return undefined
    return {
      asked: toAttempted(generation, asked, decision, remembered),
      used: () => {
        observer.lookedUp(remembered)
        observeServed(remembered, decision)
      }
    }
  }

  const observeServed = ({ asOf }: CacheEntry, decision: CacheDecision): void => {
    if (decision._tag === "Serve") observer.served(asOf - decision.association.lifetime.fetchedAt)
  }

  const toAttempted = (
    generation: Generation,
    asked: Stamp,
    decision: Exclude<CacheDecision, { _tag: "Fetch" }>,
    { asOf, tier }: CacheEntry
  ): Attempted => {
    if (decision._tag === "Serve") {
      return { generation, outcome: Result.succeed(toUsable(decision, behind(asOf, asked), false)), cache: tier }
    }
    const { error, until } = decision.negative
    return { generation, outcome: Result.fail(error), retryAt: until, cache: tier }
  }

  const toAnswer = (
    generation: Generation,
    asked: Stamp,
    meaning: Exclude<Meaning, { _tag: "Fetch" }>,
    now: Stamp,
    cache: CacheStatus
  ): Attempted => {
    if (meaning._tag === "Serve") {
      const { asOf, own, serve } = meaning
      const behindMs = Math.max(0, asOf - timeSince(asked, now))
      return { generation, outcome: Result.succeed(toUsable(serve, behindMs, own)), cache }
    }
    const { error, retryAt } = meaning
    return { generation, outcome: Result.fail(error), cache, ...(retryAt === undefined ? {} : { retryAt }) }
  }

  /** Nearly always 0, and then one look at a clock. */
  const behind = (asOf: number, asked: Stamp): number =>
    asOf <= asked.wallMs || asOf <= clock.currentTimeMillisUnsafe()
      ? 0
      : Math.max(0, asOf - timeSince(asked, stampOf(clock)))

  return { ask, askStore, askNow }
}

const toUsable = (
  { askAgainAt, association, overdue }: Extract<CacheDecision, { _tag: "Serve" }>,
  behindMs: number,
  fetchedForQuestion: boolean
): Usable => ({ association, overdue, askAgainAt, behindMs, fetchedForQuestion })

/** The flight goes on; what it learns is for the next question. */
const onLate = ({ waiting }: Flight<FlightResult>): FlightResult => ({
  outcome: Result.fail(new ResolveError({ code: waiting.code ?? "DeadlineExceeded", hops: [] })),
  fetched: true,
  late: true
})

/** What a question may need that cannot have the origin asked: what the last refetch of a domain brought is young enough. */
const relaxed = ({ maxAgeMs }: Freshness): Freshness =>
  maxAgeMs === undefined ? {} : { maxAgeMs: Math.max(maxAgeMs, refetchIntervals.maxAge) }
