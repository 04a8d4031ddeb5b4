/**
 * One source's word on a question: what is remembered, or what the source says where that does not do.
 *
 * The way: look, judge what is remembered (`toCacheDecision`), wait for a flight where that is not enough, judge what it
 * brought (`toFlightDecision`), and again where that was an answer to others alone.
 */
import { type Clock, Effect, Result } from "effect"
import { ResolveError } from "../association/ResolveError.ts"
import { CallerBudget } from "../question/CallerBudget.ts"
import { type Deadline, remainingMs } from "../question/Deadline.ts"
import type { StageTracer } from "../question/StageTracer.ts"
import { type Stamp, stampOf, timeSince } from "../question/Stamp.ts"
import type { StoreKey } from "../question/StoreKey.ts"
import { type CacheDecision, type Freshness, newestInstant, toCacheDecision, toFallback } from "./CacheDecision.ts"
import type { FlightResult } from "./fetchAndStore.ts"
import { toFlightDecision } from "./FlightDecision.ts"
import type { Flight, Flights } from "./Flights.ts"
import { type Reason, type RefetchGrant, refetchIntervals } from "./RefetchLimit.ts"
import type { Attempted } from "./Resolution.ts"
import type { ResolutionObserverShape } from "./ResolutionObserver.ts"
import type { Source } from "./Source.ts"
import type { AssociationStore, CacheEntry } from "./store/AssociationStore.ts"
import { fromCache, fromFlight, fromLimit } from "./toAttempted.ts"

/** What a question wants of memory. */
export interface RecallSearch {
  /** When the question was put. */
  readonly asked: Stamp
  readonly freshness: Freshness
}

/** What a question wants of a source. */
export interface Search extends RecallSearch {
  readonly deadline: Deadline
  /** Ask the source although something is remembered. */
  readonly force?: Exclude<Reason, "maxAge">
  /** For that, and for `freshness.maxAgeMs`; one for all sources of the question. */
  readonly grant?: RefetchGrant
  readonly stage: StageTracer
}

export interface LookupParts {
  readonly store: AssociationStore["Service"]
  readonly flights: Flights<FlightResult>
  readonly fetchAndStore: (
    source: Source,
    freshness: Freshness,
    /** Is material of the domain remembered, that serves or has served? */
    hadMaterial: boolean
  ) => (flight: Flight<FlightResult>) => Effect.Effect<FlightResult>
  readonly observer: ResolutionObserverShape
  readonly clock: Clock.Clock
}

/** What memory alone says. */
export interface MemoryHit {
  readonly attempted: Attempted
  /** To be called where it is used: the observer then counts it as it counts others. */
  readonly used: () => void
}

export interface Lookup {
  /** What memory says alone and at once; `undefined` where the source has to be asked, or another store. */
  readonly recall: (key: StoreKey, search: RecallSearch, now: Stamp) => MemoryHit | undefined
  /** For what memory does not say: looks into the store, and asks the source where that is not enough. */
  readonly ask: (source: Source, search: Search) => Effect.Effect<Attempted>
  /** What is remembered and fresh; asks no source. */
  readonly askStore: (key: StoreKey, search: Search) => Effect.Effect<Attempted | undefined>
}

export const makeLookup = ({ clock, flights, fetchAndStore, observer, store }: LookupParts): Lookup => {
  const recall = (key: StoreKey, { asked, freshness }: RecallSearch, now: Stamp): MemoryHit | undefined => {
    const entry = store.recall(key, now)
    if (entry === undefined) return undefined
    const decision = toCacheDecision(entry, freshness)
    if (decision._tag === "Fetch" || decision.refreshAhead) return undefined
    return {
      attempted: fromCache(key, decision, entry.tier, toBehindMs(entry.asOf, asked)),
      used: () => {
        observer.lookedUp(entry)
        observeServed(entry, decision)
      }
    }
  }

  const ask = (source: Source, search: Search): Effect.Effect<Attempted> =>
    Effect.flatMap(search.stage.within("Cache", store.get(source.key, search.deadline)), (entry) => {
      if (search.force === undefined) {
        observer.lookedUp(entry)
        return serveOrFetch(source, search, entry, toCacheDecision(entry, search.freshness))
      }
      const newerSearch = { ...search, freshness: { ...search.freshness, askedSince: newestInstant(entry) } }
      return serveOrFetch(source, newerSearch, entry, { _tag: "Fetch", refetch: true })
    })

  const serveOrFetch = (
    source: Source,
    search: Search,
    entry: CacheEntry,
    decision: CacheDecision
  ): Effect.Effect<Attempted> => {
    if (decision._tag === "Fetch") return fetchWithinLimit(source, search, entry, decision.refetch)
    const answer = fromCache(source.key, decision, entry.tier, toBehindMs(entry.asOf, search.asked))
    observeServed(entry, decision)
    return decision.refreshAhead ? Effect.as(refreshAhead(source, entry), answer) : Effect.succeed(answer)
  }

  const refreshAhead = (source: Source, entry: CacheEntry) =>
    Effect.suspend(() => {
      const { text } = source.key
      if (!flights.isUnderWay(text)) observer.refreshedAhead()
      const freshness = { askedSince: newestInstant(entry, Number.NEGATIVE_INFINITY) }
      return flights.start(text, fetchAndStore(source, freshness, entry.association !== undefined))
    })

  /**
   * Nothing that is remembered does. `refetch`: it would do for a question that needs less, so asking goes through the limit
   * of refetches.
   */
  const fetchWithinLimit = (
    source: Source,
    search: Search,
    entry: CacheEntry,
    refetch: boolean
  ): Effect.Effect<Attempted> =>
    Effect.suspend(() => {
      const waitMs = refetch ? search.grant?.waitMs(stampOf(clock).monotonicMs) ?? 0 : 0
      if (waitMs === 0) return joinFlight(source, search, entry, refetch)
      // POSH-CAC-32, POSH-MAT-43: asked a moment ago. What that brought, or is about to bring, is as young as it gets.
      const { force, ...rest } = search
      const relaxedSearch = { ...rest, freshness: relax(search.freshness) }
      if (flights.isUnderWay(source.key.text)) return joinFlight(source, relaxedSearch, entry, false)
      if (force !== undefined) observer.lookedUp(entry)
      const decision = toCacheDecision(entry, relaxedSearch.freshness)
      return decision._tag === "Fetch" && decision.refetch
        ? Effect.succeed(serveOrRefuse(source.key, relaxedSearch, entry, waitMs))
        : serveOrFetch(source, relaxedSearch, entry, decision)
    })

  /** Waits for a flight of the key, starting it where there is none; and for another where that one answers others alone. */
  const joinFlight = (
    source: Source,
    search: Search,
    entry: CacheEntry,
    refetch: boolean
  ): Effect.Effect<Attempted> =>
    Effect.gen(function*() {
      const { asked, deadline, freshness } = search
      const { text } = source.key
      const since = stampOf(clock).monotonicMs
      if (!flights.isUnderWay(text)) {
        const retryAfterMs = (yield* CallerBudget).take()
        if (retryAfterMs !== undefined) return serveOrRefuse(source.key, search, entry, retryAfterMs)
        if (refetch) search.grant?.use(since)
      }
      const ms = yield* remainingMs(deadline)
      observer.waiting(1)
      const { began, joined, outcome: result } = yield* Effect.ensuring(
        flights.join(text, fetchAndStore(source, freshness, entry.association !== undefined), { ms, onLate }),
        Effect.sync(() => observer.waiting(-1))
      )
      if (joined) observer.coalesced()
      const now = stampOf(clock)
      const decision = toFlightDecision({ result, began, asked, freshness, now })
      const cache = joined ? "coalesced" : "miss"
      const answer = decision._tag === "Fetch"
        ? yield* fetchWithinLimit(source, search, result.remembered ?? entry, decision.refetch)
        : fromFlight(
          source.key,
          decision,
          cache,
          decision._tag === "Serve" ? Math.max(0, decision.asOf - timeSince(asked, now)) : 0
        )
      return { ...answer, waitedMs: stampOf(clock).monotonicMs - since }
    })

  /** Asking is refused. That says nothing of the source, so what is remembered may serve. */
  const serveOrRefuse = (
    key: StoreKey,
    { asked, freshness }: Search,
    entry: CacheEntry,
    retryAfterMs: number
  ): Attempted => {
    const fallback = toFallback(entry, freshness, entry.asOf)
    return fallback === undefined
      ? fromLimit(key, retryAfterMs)
      : fromCache(key, fallback, "miss", toBehindMs(entry.asOf, asked))
  }

  const askStore = (key: StoreKey, { asked, deadline, freshness }: Search): Effect.Effect<Attempted | undefined> =>
    Effect.map(store.get(key, deadline), (entry) => {
      const decision = toCacheDecision(entry, freshness)
      return decision._tag === "Serve" && !decision.overdue
        ? fromCache(key, decision, entry.tier, toBehindMs(entry.asOf, asked))
        : undefined
    })

  const observeServed = ({ asOf }: CacheEntry, decision: CacheDecision): void => {
    if (decision._tag === "Serve") observer.served(asOf - decision.association.lifetime.fetchedAt)
  }

  /** Nearly always 0, and then one look at a clock. */
  const toBehindMs = (asOf: number, asked: Stamp): number =>
    asOf <= asked.wallMs || asOf <= clock.currentTimeMillisUnsafe()
      ? 0
      : Math.max(0, asOf - timeSince(asked, stampOf(clock)))

  return { recall, ask, askStore }
}

/** The flight goes on; what it learns is for the next question. */
const onLate = ({ waiting }: Flight<FlightResult>): FlightResult => ({
  outcome: Result.fail(new ResolveError({ code: waiting.code ?? "DeadlineExceeded", hops: [] })),
  fetched: true,
  late: true
})

/** What a question may need that cannot have the source asked: what the last refetch of a domain brought is young enough. */
const relax = ({ maxAgeMs }: Freshness): Freshness =>
  maxAgeMs === undefined ? {} : { maxAgeMs: Math.max(maxAgeMs, refetchIntervals.maxAge) }
