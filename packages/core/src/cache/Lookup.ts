/**
 * One source's word on a question: what is remembered, or what the source says where that does not do.
 *
 * The way: look, judge what is remembered (`toCacheDecision`), wait for a flight where that is not enough, judge what it
 * brought (`meaningOf`), and again where that was an answer to others alone.
 */
import { type Clock, Effect, Result } from "effect"
import { ResolveError } from "../association/ResolveError.ts"
import { CallerBudget } from "../question/CallerBudget.ts"
import { type Deadline, remainingMs } from "../question/Deadline.ts"
import type { StageTracer } from "../question/StageTracer.ts"
import { type Stamp, stampOf, timeSince } from "../question/Stamp.ts"
import type { StoreKey } from "../question/StoreKey.ts"
import { type CacheDecision, fallBack, type Freshness, newerThan, toCacheDecision } from "./CacheDecision.ts"
import type { FlightResult } from "./fetchAndStore.ts"
import { meaningOf } from "./flightMeaning.ts"
import type { Flight, Flights } from "./Flights.ts"
import { type Reason, refetchIntervals, type RefetchLeave } from "./RefetchLimit.ts"
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
  readonly leave?: RefetchLeave
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
export interface Recalled {
  readonly attempted: Attempted
  /** To be called where it is used: the observer then counts it as it counts others. */
  readonly used: () => void
}

export interface Lookup {
  /** What memory says alone and at once; `undefined` where the source has to be asked, or another store. */
  readonly recall: (key: StoreKey, search: RecallSearch, now: Stamp) => Recalled | undefined
  /** For what memory does not say: looks into the store, and asks the source where that is not enough. */
  readonly ask: (source: Source, search: Search) => Effect.Effect<Attempted>
  /** What is remembered and fresh; asks no source. */
  readonly askStore: (key: StoreKey, search: Search) => Effect.Effect<Attempted | undefined>
}

export const makeLookup = ({ clock, flights, fetchAndStore, observer, store }: LookupParts): Lookup => {
  const recall = (key: StoreKey, { asked, freshness }: RecallSearch, now: Stamp): Recalled | undefined => {
    const entry = store.recall(key, now)
    if (entry === undefined) return undefined
    const decision = toCacheDecision(entry, freshness)
    if (decision._tag === "Fetch" || decision.refreshAhead) return undefined
    return {
      attempted: fromCache(key, decision, entry.tier, behind(entry.asOf, asked)),
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
        return pursue(source, search, entry, toCacheDecision(entry, search.freshness))
      }
      const younger = { ...search, freshness: { ...search.freshness, askedSince: newerThan(entry) } }
      return pursue(source, younger, entry, { _tag: "Fetch", refetch: true })
    })

  const pursue = (
    source: Source,
    search: Search,
    entry: CacheEntry,
    decision: CacheDecision
  ): Effect.Effect<Attempted> => {
    if (decision._tag === "Fetch") return fetchAnew(source, search, entry, decision.refetch)
    const answer = fromCache(source.key, decision, entry.tier, behind(entry.asOf, search.asked))
    observeServed(entry, decision)
    return decision.refreshAhead ? Effect.as(refreshAhead(source, entry), answer) : Effect.succeed(answer)
  }

  const refreshAhead = (source: Source, entry: CacheEntry) =>
    Effect.suspend(() => {
      const { text } = source.key
      if (!flights.isUnderWay(text)) observer.refreshedAhead()
      const freshness = { askedSince: newerThan(entry, Number.NEGATIVE_INFINITY) }
      return flights.start(text, fetchAndStore(source, freshness, entry.association !== undefined))
    })

  /**
   * Nothing that is remembered does. `refetch`: it would do for a question that needs less, so asking goes through the limit
   * of refetches.
   */
  const fetchAnew = (
    source: Source,
    search: Search,
    entry: CacheEntry,
    refetch: boolean
  ): Effect.Effect<Attempted> =>
    Effect.suspend(() => {
      const waitMs = refetch ? search.leave?.waitMs(stampOf(clock).monotonicMs) ?? 0 : 0
      if (waitMs === 0) return fly(source, search, entry, refetch)
      // POSH-CAC-32, POSH-MAT-43: asked a moment ago. What that brought, or is about to bring, is as young as it gets.
      const { force, ...rest } = search
      const modest = { ...rest, freshness: relaxed(search.freshness) }
      if (flights.isUnderWay(source.key.text)) return fly(source, modest, entry, false)
      if (force !== undefined) observer.lookedUp(entry)
      const decision = toCacheDecision(entry, modest.freshness)
      return decision._tag === "Fetch" && decision.refetch
        ? Effect.succeed(refused(source.key, modest, entry, waitMs))
        : pursue(source, modest, entry, decision)
    })

  /** Waits for a flight of the key, starting it where there is none; and for another where that one answers others alone. */
  const fly = (
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
        const refusedForMs = (yield* CallerBudget).take()
        if (refusedForMs !== undefined) return refused(source.key, search, entry, refusedForMs)
        if (refetch) search.leave?.use(since)
      }
      const ms = yield* remainingMs(deadline)
      observer.waiting(1)
      const { began, joined, outcome: result } = yield* Effect.ensuring(
        flights.join(text, fetchAndStore(source, freshness, entry.association !== undefined), { ms, onLate }),
        Effect.sync(() => observer.waiting(-1))
      )
      if (joined) observer.coalesced()
      const now = stampOf(clock)
      const meaning = meaningOf({ result, began, asked, freshness, now })
      const cache = joined ? "coalesced" : "miss"
      const answer = meaning._tag === "Fetch"
        ? yield* fetchAnew(source, search, result.remembered ?? entry, meaning.refetch)
        : fromFlight(
          source.key,
          meaning,
          cache,
          meaning._tag === "Serve" ? Math.max(0, meaning.asOf - timeSince(asked, now)) : 0
        )
      return { ...answer, waitedMs: stampOf(clock).monotonicMs - since }
    })

  /** Asking is refused. That says nothing of the source, so what is remembered may serve. */
  const refused = (
    key: StoreKey,
    { asked, freshness }: Search,
    entry: CacheEntry,
    retryAfterMs: number
  ): Attempted => {
    const kept = fallBack(entry, freshness, entry.asOf)
    return kept === undefined ? fromLimit(key, retryAfterMs) : fromCache(key, kept, "miss", behind(entry.asOf, asked))
  }

  const askStore = (key: StoreKey, { asked, deadline, freshness }: Search): Effect.Effect<Attempted | undefined> =>
    Effect.map(store.get(key, deadline), (entry) => {
      const decision = toCacheDecision(entry, freshness)
      return decision._tag === "Serve" && !decision.overdue
        ? fromCache(key, decision, entry.tier, behind(entry.asOf, asked))
        : undefined
    })

  const observeServed = ({ asOf }: CacheEntry, decision: CacheDecision): void => {
    if (decision._tag === "Serve") observer.served(asOf - decision.association.lifetime.fetchedAt)
  }

  /** Nearly always 0, and then one look at a clock. */
  const behind = (asOf: number, asked: Stamp): number =>
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
const relaxed = ({ maxAgeMs }: Freshness): Freshness =>
  maxAgeMs === undefined ? {} : { maxAgeMs: Math.max(maxAgeMs, refetchIntervals.maxAge) }
