/**
 * What does the domain assert, and until when? Asks the cache, and the origins where the cache does not know.
 *
 * `resolve` negotiates between the generations (requirements §9.2); `ask` answers for one of them.
 */
import { Context, Effect, Layer, Result } from "effect"
import { Allowance } from "./Allowance.ts"
import type { Association } from "./Association.ts"
import { makeAttempt } from "./Attempt.ts"
import { withBudgets } from "./Budgets.ts"
import { rememberPublishers } from "./budgets/publishers.ts"
import { AssociationStore, type Remembered, type StoreKey } from "./cache/AssociationStore.ts"
import { makeFlights } from "./cache/Flights.ts"
import { type Demand, fallBack, type Recall, recall } from "./cache/recall.ts"
import { makeRefetchLimit } from "./cache/RefetchLimit.ts"
import { isUnanswered, isWithdrawal } from "./codes.ts"
import { type Deadline, remainingMs } from "./Deadline.ts"
import { ResolveError } from "./errors.ts"
import { Fetcher } from "./Fetcher.ts"
import { Fleet } from "./Fleet.ts"
import type { Generation, Generations } from "./Generation.ts"
import { type Landing, lost, makeLearn } from "./learn.ts"
import { monotonicMs } from "./monotonic.ts"
import { observeAttempt, observeFetcher, observeFleet, Observer } from "./Observer.ts"
import type { Policy } from "./Policy.ts"
import type { Stage } from "./Stage.ts"
import type { Target } from "./Target.ts"
import type { CacheStatus } from "./Verdict.ts"

export interface RecallOptions {
  readonly generations: Generations
  /** Milliseconds; remembered things older than this do not count. */
  readonly maxAgeMs?: number
}

export interface ResolveOptions extends RecallOptions {
  /** Ask the origin although something is remembered: on demand, or because nothing remembered matched. */
  readonly force?: "refresh" | "mismatch"
  readonly deadline: Deadline
  /** Where the question is traced. */
  readonly stage?: Stage
}

/** Usable material, and how it came to be used. */
export interface Known {
  readonly association: Association
  /** Set where the source could not be asked when that was due: when it is asked again (POSH-CAC-22). */
  readonly nextTryAt?: number
}

/** What one generation came to. */
export interface Asked {
  readonly generation: Generation
  readonly outcome: Result.Result<Known, ResolveError>
  /** After a failure that is remembered: when the origin is asked again; milliseconds since the epoch. */
  readonly retryAt?: number
  readonly cache: CacheStatus
  /** Milliseconds for which the question waited for the origin, or for who asked it. */
  readonly waitedMs?: number
}

export interface Resolution {
  /** The generations asked, in order. */
  readonly asked: ReadonlyArray<Asked>
  /** The one that decides. */
  readonly deciding: Asked
}

/** A resolution that asked nobody. */
export interface Recollection extends Resolution {
  /** To be called where it is used: the observer then counts it as it counts others. */
  readonly used: () => void
}

export class Resolver extends Context.Service<Resolver, {
  readonly resolve: (target: Target, options: ResolveOptions) => Effect.Effect<Resolution>
  /** The same, of what memory answers alone and at once; `undefined` where somebody has to be asked or waited for. */
  readonly resolveNow: (target: Target, options: RecallOptions) => Recollection | undefined
  /** Forgets both generations; resolutions under way are not remembered. */
  readonly forget: (target: Target) => Effect.Effect<void>
}>()("posh/Resolver") {
  static readonly layerNoDeps = (policy: Policy): Layer.Layer<Resolver, never, Fetcher | AssociationStore> =>
    Layer.effect(Resolver, makeResolver(policy))
}

const makeResolver = Effect.fnUntraced(function*(policy: Policy) {
  const store = yield* AssociationStore
  const fetcher = yield* Fetcher
  const observer = yield* Observer
  const get = withBudgets(observeFetcher(fetcher, observer), policy.budgets)
  const attempt = observeAttempt(rememberPublishers(makeAttempt(Fetcher.of({ get }), policy)), observer)
  const flights = yield* makeFlights<Landing>(lost)
  const learn = makeLearn(attempt, store, observeFleet(yield* Fleet, observer))
  const refetches = makeRefetchLimit()

  const resolve = (target: Target, options: ResolveOptions): Effect.Effect<Resolution> =>
    options.force === undefined
      ? resolveFor(target, options, { ...ageOf(options), force: false })
      : Effect.flatMap(isPermitted(target, options.force), (force) =>
        resolveFor(target, options, { ...ageOf(options), force }))

  const resolveFor = (target: Target, options: ResolveOptions, demand: Demand): Effect.Effect<Resolution> =>
    options.generations === "draft-only"
      ? Effect.map(ask("draft", target, options, demand), (draft) => ({ asked: [draft], deciding: draft }))
      : Effect.flatMap(
        ask("rfc7711", target, options, demand),
        (rfc) =>
          options.generations === "rfc-only" || Result.isSuccess(rfc.outcome)
            ? Effect.succeed({ asked: [rfc], deciding: rfc })
            : negotiate(target, options, demand, rfc, rfc.outcome.failure)
      )

  /** RFC 7711 brought nothing: may the draft generation speak? */
  const negotiate = Effect.fnUntraced(
    function*(target: Target, options: ResolveOptions, demand: Demand, rfc: Asked, { code }: ResolveError) {
      // POSH-NEG-02: only an authoritative "nothing published" lets it.
      const draft = code === "NotPublished"
        ? yield* ask("draft", target, options, demand)
        : isUnanswered(code)
        ? yield* stillFresh(target, options, demand)
        : undefined
      return draft === undefined ? { asked: [rfc], deciding: rfc } : { asked: [rfc, draft], deciding: draft }
    }
  )

  /**
   * POSH-NEG-06: where RFC 7711 cannot be asked again, draft material serves until its own fresh-until; but only where
   * the domain's last word on RFC 7711 was that it publishes nothing, so that no outage brings superseded material back
   * (POSH-SEC-30).
   */
  const stillFresh = Effect.fnUntraced(function*(target: Target, { deadline }: ResolveOptions, { maxAgeMs }: Demand) {
    if (maxAgeMs !== undefined) return undefined
    const { absence } = yield* store.get(target.keys.rfc7711, deadline)
    if (absence?.nothingPublished !== true) return undefined
    const { asOf, association, tier } = yield* store.get(target.keys.draft, deadline)
    if (association === undefined || asOf >= association.lifetime.revalidateAt) return undefined
    return { generation: "draft", outcome: Result.succeed({ association }), cache: tier } satisfies Asked
  })

  /** May the origin be asked although something is remembered? */
  const isPermitted = (target: Target, reason: "refresh" | "mismatch") =>
    Effect.map(monotonicMs, (now) =>
      refetches.isDue(target.keys.rfc7711.text, reason, now) ||
      // Somebody else's refetch is under way: it answers this question too.
      flights.isUnderWay(target.keys.rfc7711.text) || flights.isUnderWay(target.keys.draft.text))

  const look = ({ deadline, stage }: ResolveOptions, key: StoreKey): Effect.Effect<Remembered> =>
    stage === undefined ? store.get(key, deadline) : stage.within("Cache", store.get(key, deadline))

  const ask = (generation: Generation, target: Target, options: ResolveOptions, demand: Demand) =>
    Effect.flatMap(look(options, target.keys[generation]), (remembered): Effect.Effect<Asked> => {
      if (!demand.force) observer.recalled(remembered)
      const recalled = recall(remembered, demand)
      if (recalled._tag === "Learn") return askOrigin(generation, target, options, demand, remembered)
      if (recalled._tag === "Serve") observer.served(remembered.asOf - recalled.association.lifetime.fetchedAt)
      const answer = toAsked(generation, recalled, remembered.tier)
      if (!recalled.refreshAhead) return Effect.succeed(answer)
      if (!flights.isUnderWay(target.keys[generation].text)) observer.refreshedAhead()
      return Effect.as(flights.start(target.keys[generation].text, learn(generation, target, remembered)), answer)
    })

  const resolveNow = (target: Target, options: RecallOptions): Recollection | undefined => {
    const demand = { ...ageOf(options), force: false }
    const [first, second] = generationsOf[options.generations]
    const one = lookNow(first, target, demand)
    if (one === undefined) return undefined
    if (second === undefined || Result.isSuccess(one.asked.outcome)) return concluded(one)
    const { code } = one.asked.outcome.failure
    if (code !== "NotPublished") return isUnanswered(code) ? undefined : concluded(one) // POSH-NEG-02, POSH-NEG-06
    const two = lookNow(second, target, demand)
    return two === undefined ? undefined : concluded(one, two)
  }

  const lookNow = (generation: Generation, target: Target, demand: Demand): Looked | undefined => {
    const remembered = store.getNow(target.keys[generation])
    if (remembered === undefined) return undefined
    const recalled = recall(remembered, demand)
    if (recalled._tag === "Learn" || recalled.refreshAhead) return undefined
    return { remembered, recalled, asked: toAsked(generation, recalled, remembered.tier) }
  }

  const concluded = (one: Looked, two?: Looked): Recollection => ({
    asked: two === undefined ? [one.asked] : [one.asked, two.asked],
    deciding: (two ?? one).asked,
    used: () => {
      observeRecall(one)
      if (two !== undefined) observeRecall(two)
    }
  })

  const observeRecall = ({ recalled, remembered }: Pick<Looked, "remembered" | "recalled">): void => {
    observer.recalled(remembered)
    if (recalled._tag === "Serve") observer.served(remembered.asOf - recalled.association.lifetime.fetchedAt)
  }

  const askOrigin = Effect.fnUntraced(
    function*(
      generation: Generation,
      target: Target,
      { deadline }: ResolveOptions,
      demand: Demand,
      remembered: Remembered
    ) {
      const now = yield* monotonicMs
      const { spend } = yield* Allowance
      const { text } = target.keys[generation]
      const refusedForMs = flights.isUnderWay(text) ? undefined : spend()
      if (refusedForMs !== undefined) return conclude(generation, refused(remembered, refusedForMs), demand, "miss")
      // Not before: who may not have the origin asked must not keep others from it.
      if (demand.force) refetches.note(target.keys.rfc7711.text, now)
      const ms = yield* remainingMs(deadline)
      observer.waiting(1)
      const { joined, outcome: landing } = yield* Effect.ensuring(
        flights.join(
          text,
          learn(generation, target, remembered),
          {
            ms,
            onLate: ({ waiting }) => ({
              outcome: Result.fail(new ResolveError({ code: waiting.code ?? "DeadlineExceeded", hops: [] }))
            })
          }
        ),
        Effect.sync(() => observer.waiting(-1))
      )
      if (joined) observer.coalesced()
      const waitedMs = (yield* monotonicMs) - now
      return { ...conclude(generation, landing, demand, joined ? "coalesced" : "miss"), waitedMs }
    }
  )

  return Resolver.of({
    resolve,
    resolveNow,
    forget: Effect.fnUntraced(function*({ keys }) {
      for (const key of [keys.rfc7711, keys.draft]) {
        flights.discard(key.text)
        yield* store.forget(key)
      }
      refetches.forget(keys.rfc7711.text)
    })
  })
})

/** What memory says of one generation. */
interface Looked {
  readonly remembered: Remembered
  readonly recalled: Exclude<Recall, { _tag: "Learn" }>
  readonly asked: Asked
}

const generationsOf = {
  "rfc-then-draft": ["rfc7711", "draft"],
  "rfc-only": ["rfc7711", undefined],
  "draft-only": ["draft", undefined]
} as const satisfies Record<Generations, readonly [Generation, Generation | undefined]>

const ageOf = ({ maxAgeMs }: RecallOptions) => maxAgeMs === undefined ? {} : { maxAgeMs }

/** A flight has landed; what that means for a question depends on the question's own demand. */
const conclude = (
  generation: Generation,
  { before, outcome, retryAt }: Landing,
  demand: Demand,
  cache: CacheStatus
): Asked => {
  if (Result.isSuccess(outcome)) {
    return { generation, outcome: Result.succeed({ association: outcome.success }), cache }
  }
  const kept = before === undefined || isWithdrawal(outcome.failure.code)
    ? undefined
    : fallBack(before, demand, retryAt ?? before.asOf)
  if (kept !== undefined) return toAsked(generation, kept, cache)
  return { generation, outcome: Result.fail(outcome.failure), cache, ...(retryAt === undefined ? {} : { retryAt }) }
}

/** Whoever asks has had their share. That says nothing of the origin, so what is remembered may serve. */
const refused = (before: Remembered, retryAfterMs: number): Landing => ({
  outcome: Result.fail(new ResolveError({ code: "RateLimitedLocally", retryAfterMs, hops: [] })),
  before
})

const toAsked = (generation: Generation, recalled: Exclude<Recall, { _tag: "Learn" }>, cache: CacheStatus): Asked => {
  if (recalled._tag === "Fail") {
    const { error, until } = recalled.absence
    return { generation, outcome: Result.fail(error), retryAt: until, cache }
  }
  const { association, overdue } = recalled
  return {
    generation,
    outcome: Result.succeed(overdue === undefined ? { association } : { association, nextTryAt: overdue.nextTryAt }),
    cache
  }
}
