/**
 * One generation's word on a question: what is remembered, or what the origin says where that does not do.
 *
 * The way: look, judge what is remembered (`recall`), wait for a flight where that is not enough, judge what it brought
 * (`meaningOf`), and again where that was an answer to others alone.
 */
import { Clock, Effect, Result } from "effect"
import { CallerBudget } from "../question/CallerBudget.ts"
import { type Deadline, remainingMs } from "../question/Deadline.ts"
import { ResolveError } from "../question/errors.ts"
import type { Generation } from "../question/Generation.ts"
import type { StageTracer } from "../question/StageTracer.ts"
import { type Stamp, stampOf, timeSince } from "../question/Stamp.ts"
import type { Target } from "../question/Target.ts"
import type { CacheStatus } from "../verdict/Verdict.ts"
import type { Flight, Flights } from "./Flights.ts"
import { type Meaning, meaningOf } from "./landing.ts"
import type { Landing } from "./learn.ts"
import type { ObserverShape } from "./Observer.ts"
import { fallBack, type Need, newerThan, type Recall, recall } from "./recall.ts"
import { type Reason, refetchIntervals, type RefetchLeave } from "./RefetchLimit.ts"
import type { Asked, Known } from "./Resolution.ts"
import type { AssociationStore, Remembered, StoreKey } from "./store/AssociationStore.ts"

/** What a question wants of one generation. */
export interface Search {
  readonly target: Target
  /** When the question was put. */
  readonly asked: Stamp
  readonly deadline: Deadline
  readonly need: Need
  /** Ask the origin although something is remembered. */
  readonly force?: Exclude<Reason, "maxAge">
  /** For that, and for `need.maxAgeMs`; one for all generations of the question. */
  readonly leave?: RefetchLeave
  /** Where the question is traced. */
  readonly stage?: StageTracer
}

export interface LookupParts {
  readonly store: AssociationStore["Service"]
  readonly flights: Flights<Landing>
  readonly learn: (
    generation: Generation,
    target: Target,
    need: Need,
    /** Is material of the domain remembered, that serves or has served? */
    hadMaterial: boolean
  ) => (flight: Flight<Landing>) => Effect.Effect<Landing>
  readonly observer: ObserverShape
  readonly clock: Clock.Clock
}

/** What memory alone says of one generation. */
export interface Looked {
  readonly asked: Asked
  /** To be called where it is used: the observer then counts it as it counts others. */
  readonly used: () => void
}

export interface Lookup {
  readonly ask: (generation: Generation, search: Search) => Effect.Effect<Asked>
  /** What is remembered and fresh; asks no origin. */
  readonly askStore: (generation: Generation, search: Search) => Effect.Effect<Asked | undefined>
  /** The same, where memory answers alone and at once; `undefined` where somebody has to be asked or waited for. */
  readonly askNow: (generation: Generation, target: Target, asked: Stamp, need: Need) => Looked | undefined
}

export const makeLookup = ({ clock, flights, learn, observer, store }: LookupParts): Lookup => {
  const ask = (generation: Generation, search: Search): Effect.Effect<Asked> =>
    Effect.flatMap(look(search, search.target.keys[generation]), (remembered) => {
      if (search.force === undefined) {
        observer.recalled(remembered)
        return pursue(generation, search, remembered, recall(remembered, search.need))
      }
      const younger = { ...search, need: { ...search.need, askedSince: newerThan(remembered) } }
      return pursue(generation, younger, remembered, { _tag: "Learn", refetch: true })
    })

  const look = ({ deadline, stage }: Search, key: StoreKey): Effect.Effect<Remembered> =>
    stage === undefined ? store.get(key, deadline) : stage.within("Cache", store.get(key, deadline))

  const pursue = (
    generation: Generation,
    search: Search,
    remembered: Remembered,
    recalled: Recall
  ): Effect.Effect<Asked> => {
    if (recalled._tag === "Learn") return learnAnew(generation, search, remembered, recalled.refetch)
    const answer = toAsked(generation, search.asked, recalled, remembered)
    observeServed(remembered, recalled)
    return recalled.refreshAhead
      ? Effect.as(refreshAhead(generation, search.target, remembered), answer)
      : Effect.succeed(answer)
  }

  const refreshAhead = (generation: Generation, target: Target, remembered: Remembered) =>
    Effect.suspend(() => {
      const { text } = target.keys[generation]
      if (!flights.isUnderWay(text)) observer.refreshedAhead()
      const need = { askedSince: newerThan(remembered, Number.NEGATIVE_INFINITY) }
      return flights.start(text, learn(generation, target, need, remembered.association !== undefined))
    })

  /**
   * Nothing that is remembered does. `refetch`: it would do for a question that needs less, so asking goes through the limit
   * of refetches.
   */
  const learnAnew = (
    generation: Generation,
    search: Search,
    remembered: Remembered,
    refetch: boolean
  ): Effect.Effect<Asked> =>
    Effect.suspend(() => {
      const waitMs = refetch ? search.leave?.waitMs(stampOf(clock).monotonicMs) ?? 0 : 0
      if (waitMs === 0) return fly(generation, search, remembered, refetch)
      // POSH-CAC-32, POSH-MAT-43: asked a moment ago. What that brought, or is about to bring, is as young as it gets.
      const { force, ...rest } = search
      const modest = { ...rest, need: relaxed(search.need) }
      if (flights.isUnderWay(search.target.keys[generation].text)) return fly(generation, modest, remembered, false)
      if (force !== undefined) observer.recalled(remembered)
      const recalled = recall(remembered, modest.need)
      return recalled._tag === "Learn" && recalled.refetch
        ? Effect.succeed(refused(generation, modest, remembered, waitMs))
        : pursue(generation, modest, remembered, recalled)
    })

  /** Waits for a flight of the key, starting it where there is none; and for another where that one answers others alone. */
  const fly = (
    generation: Generation,
    search: Search,
    remembered: Remembered,
    refetch: boolean
  ): Effect.Effect<Asked> =>
    Effect.gen(function*() {
      const { asked, deadline, need, target } = search
      const { text } = target.keys[generation]
      const since = stampOf(clock).monotonicMs
      if (!flights.isUnderWay(text)) {
        const refusedForMs = (yield* CallerBudget).take()
        if (refusedForMs !== undefined) return refused(generation, search, remembered, refusedForMs)
        if (refetch) search.leave?.use(since)
      }
      const ms = yield* remainingMs(deadline)
      observer.waiting(1)
      const { began, joined, outcome: landing } = yield* Effect.ensuring(
        flights.join(text, learn(generation, target, need, remembered.association !== undefined), { ms, onLate }),
        Effect.sync(() => observer.waiting(-1))
      )
      if (joined) observer.coalesced()
      const now = stampOf(clock)
      const meaning = meaningOf({ landing, began, asked, need, now })
      const answer = meaning._tag === "Learn"
        ? yield* learnAnew(generation, search, landing.remembered ?? remembered, meaning.refetch)
        : toAnswer(generation, asked, meaning, now, joined ? "coalesced" : "miss")
      return { ...answer, waitedMs: stampOf(clock).monotonicMs - since }
    })

  /** Asking is refused. That says nothing of the origin, so what is remembered may serve. */
  const refused = (
    generation: Generation,
    { asked, need }: Search,
    remembered: Remembered,
    retryAfterMs: number
  ): Asked => {
    const kept = fallBack(remembered, need, remembered.asOf)
    if (kept !== undefined) return { ...toAsked(generation, asked, kept, remembered), cache: "miss" }
    const error = new ResolveError({ code: "RateLimitedLocally", retryAfterMs, hops: [] })
    return { generation, outcome: Result.fail(error), cache: "miss" }
  }

  const askStore = (generation: Generation, search: Search): Effect.Effect<Asked | undefined> =>
    Effect.map(store.get(search.target.keys[generation], search.deadline), (remembered) => {
      const recalled = recall(remembered, search.need)
      return recalled._tag === "Serve" && !recalled.overdue
        ? toAsked(generation, search.asked, recalled, remembered)
        : undefined
    })

  const askNow = (generation: Generation, target: Target, asked: Stamp, need: Need): Looked | undefined => {
    const remembered = store.getNow(target.keys[generation], asked)
    if (remembered === undefined) return undefined
    const recalled = recall(remembered, need)
    if (recalled._tag === "Learn" || recalled.refreshAhead) return undefined
    return {
      asked: toAsked(generation, asked, recalled, remembered),
      used: () => {
        observer.recalled(remembered)
        observeServed(remembered, recalled)
      }
    }
  }

  const observeServed = ({ asOf }: Remembered, recalled: Recall): void => {
    if (recalled._tag === "Serve") observer.served(asOf - recalled.association.lifetime.fetchedAt)
  }

  const toAsked = (
    generation: Generation,
    asked: Stamp,
    recalled: Exclude<Recall, { _tag: "Learn" }>,
    { asOf, tier }: Remembered
  ): Asked => {
    if (recalled._tag === "Serve") {
      return { generation, outcome: Result.succeed(toKnown(recalled, behind(asOf, asked), false)), cache: tier }
    }
    const { error, until } = recalled.absence
    return { generation, outcome: Result.fail(error), retryAt: until, cache: tier }
  }

  const toAnswer = (
    generation: Generation,
    asked: Stamp,
    meaning: Exclude<Meaning, { _tag: "Learn" }>,
    now: Stamp,
    cache: CacheStatus
  ): Asked => {
    if (meaning._tag === "Serve") {
      const { asOf, own, serve } = meaning
      const behindMs = Math.max(0, asOf - timeSince(asked, now))
      return { generation, outcome: Result.succeed(toKnown(serve, behindMs, own)), cache }
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

const toKnown = (
  { askAgainAt, association, overdue }: Extract<Recall, { _tag: "Serve" }>,
  behindMs: number,
  fetchedForQuestion: boolean
): Known => ({ association, overdue, askAgainAt, behindMs, fetchedForQuestion })

/** The flight goes on; what it learns is for the next question. */
const onLate = ({ waiting }: Flight<Landing>): Landing => ({
  outcome: Result.fail(new ResolveError({ code: waiting.code ?? "DeadlineExceeded", hops: [] })),
  fetched: true,
  late: true
})

/** What a question may need that cannot have the origin asked: what the last refetch of a domain brought is young enough. */
const relaxed = ({ maxAgeMs }: Need): Need =>
  maxAgeMs === undefined ? {} : { maxAgeMs: Math.max(maxAgeMs, refetchIntervals.maxAge) }
