/**
 * Looks up one source for a question: in the store, or by a flight if no entry serves.
 *
 * The stages: read the store, decide on the entry (`toCacheDecision`), wait for a flight if the entry does not serve,
 * decide on its result (`toFlightDecision`), and start another flight if the result serves only older questions.
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

/** What a question needs of memory. */
export interface RecallSearch {
  /** When the question was asked. */
  readonly asked: Stamp
  readonly freshness: Freshness
}

/** What a question needs of a source. */
export interface Search extends RecallSearch {
  readonly deadline: Deadline
  /** Ask the source although an entry is cached. */
  readonly force?: Exclude<Reason, "maxAge">
  /** Needed for `force` and for `freshness.maxAgeMs`; all sources of a question share one. */
  readonly grant?: RefetchGrant
  readonly stage: StageTracer
}

export interface LookupParts {
  readonly store: AssociationStore["Service"]
  readonly flights: Flights<FlightResult>
  readonly fetchAndStore: (
    source: Source,
    freshness: Freshness,
    /** Whether material of the domain is cached, stale or not. */
    hadMaterial: boolean
  ) => (flight: Flight<FlightResult>) => Effect.Effect<FlightResult>
  readonly observer: ResolutionObserverShape
  readonly clock: Clock.Clock
}

/** An answer from memory alone. */
export interface MemoryHit {
  readonly attempted: Attempted
  /** What it rests on. */
  readonly entry: CacheEntry
  readonly decision: CacheDecision
}

export interface Lookup {
  /** The answer from memory alone, synchronously; `undefined` if a shared store or the source has to be asked. */
  readonly recall: (key: StoreKey, search: RecallSearch, now: Stamp) => MemoryHit | undefined
  /** Reports a hit to the observer; to be called if the answer is used. */
  readonly used: (hit: MemoryHit) => void
  /** Reads the store, which begins with its memory, and asks the source if no entry serves. */
  readonly ask: (source: Source, search: Search) => Effect.Effect<Attempted>
  /** Cached material that is not stale; asks no source. */
  readonly askStore: (key: StoreKey, search: Search) => Effect.Effect<Attempted | undefined>
}

export const makeLookup = ({ clock, flights, fetchAndStore, observer, store }: LookupParts): Lookup => {
  const recall = (key: StoreKey, { asked, freshness }: RecallSearch, now: Stamp): MemoryHit | undefined => {
    const entry = store.recall(key, now)
    if (entry === undefined) return undefined
    const decision = toCacheDecision(entry, freshness)
    if (decision._tag === "Fetch" || decision.refreshAhead) return undefined
    return { attempted: fromCache(key, decision, entry.tier, toBehindMs(entry.asOf, asked)), entry, decision }
  }

  const used = ({ decision, entry }: MemoryHit): void => {
    observer.lookedUp(entry)
    observeServed(entry, decision)
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
   * Asks the source, as no entry serves. `refetch`: an entry would serve a question with a lower freshness, so the request
   * needs a refetch grant.
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
      // POSH-CAC-32, POSH-MAT-43: the source was asked a moment ago, so the result of that request has to serve.
      const { force, ...rest } = search
      const relaxedSearch = { ...rest, freshness: relax(search.freshness) }
      if (flights.isUnderWay(source.key.text)) return joinFlight(source, relaxedSearch, entry, false)
      if (force !== undefined) observer.lookedUp(entry)
      const decision = toCacheDecision(entry, relaxedSearch.freshness)
      return decision._tag === "Fetch" && decision.refetch
        ? Effect.succeed(serveOrRefuse(source.key, relaxedSearch, entry, waitMs))
        : serveOrFetch(source, relaxedSearch, entry, decision)
    })

  /** Waits for a flight of the key, and starts one if there is none; once more if the result serves only older questions. */
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

  /** A limit of ours refuses the request. That is no statement about the source, so cached material may serve. */
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

  /** Nearly always 0, and then the clock is read at most once. */
  const toBehindMs = (asOf: number, asked: Stamp): number =>
    asOf <= asked.wallMs || asOf <= clock.currentTimeMillisUnsafe()
      ? 0
      : Math.max(0, asOf - timeSince(asked, stampOf(clock)))

  return { recall, used, ask, askStore }
}

/** The question timed out. The flight continues, and its result is stored for the next question. */
const onLate = ({ waiting }: Flight<FlightResult>): FlightResult => ({
  outcome: Result.fail(new ResolveError({ code: waiting.code ?? "DeadlineExceeded", hops: [] })),
  fetched: true,
  late: true
})

/** The freshness of a question without a refetch grant: the result of the last refetch is fresh enough. */
const relax = ({ maxAgeMs }: Freshness): Freshness =>
  maxAgeMs === undefined ? {} : { maxAgeMs: Math.max(maxAgeMs, refetchIntervals.maxAge) }
