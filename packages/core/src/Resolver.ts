/**
 * What does the domain assert, and until when? Asks the cache, and the origins where the cache does not know.
 *
 * `resolve` negotiates between the generations (requirements §9.2); `ask` answers for one of them.
 */
import { Cause, Clock, Context, Effect, Layer, Random, Result } from "effect"
import type { Association } from "./Association.ts"
import { makeAttempt } from "./Attempt.ts"
import { withBudgets } from "./Budgets.ts"
import { AssociationStore, keyText, type Remembered, type StoreKey } from "./cache/AssociationStore.ts"
import { absenceAfter } from "./cache/Backoff.ts"
import { type Flight, makeFlights } from "./cache/Flights.ts"
import { type Demand, fallBack, type Recall, recall } from "./cache/recall.ts"
import { makeRefetchLimit } from "./cache/RefetchLimit.ts"
import { isUnanswered, isWithdrawal } from "./codes.ts"
import type { Domain } from "./Domain.ts"
import { ResolveError } from "./errors.ts"
import { Fetcher } from "./Fetcher.ts"
import type { Generation, Generations } from "./Generation.ts"
import type { Policy } from "./Policy.ts"
import type { ServiceEntry } from "./Service.ts"
import type { AttemptReport, CacheStatus } from "./Verdict.ts"

export interface Target {
  readonly domain: Domain
  readonly service: ServiceEntry
}

export interface ResolveOptions {
  readonly generations: Generations
  /** Milliseconds; remembered things older than this do not count. */
  readonly maxAgeMs?: number
  /** Ask the origin although something is remembered: on demand, or because nothing remembered matched. */
  readonly force?: "refresh" | "mismatch"
  /** On the monotonic clock, in milliseconds. */
  readonly deadlineAt: number
}

/** Usable material, and how it came to be used. */
export interface Known {
  readonly association: Association
  /** Set where the source could not be asked when that was due: when it is asked again (POSH-CAC-22). */
  readonly nextTryAt?: number
}

export interface Resolution {
  readonly outcome: Result.Result<Known, ResolveError>
  /** After a failure that is remembered: when the origin is asked again; milliseconds since the epoch. */
  readonly retryAt?: number
  readonly attempts: ReadonlyArray<AttemptReport>
  /** Of the deciding attempt. */
  readonly cache: CacheStatus
}

/** What one generation came to. */
interface Learnt {
  readonly outcome: Result.Result<Known, ResolveError>
  readonly retryAt?: number
}

interface Asked extends Learnt {
  readonly cache: CacheStatus
}

export class Resolver extends Context.Service<Resolver, {
  readonly resolve: (target: Target, options: ResolveOptions) => Effect.Effect<Resolution>
  /** Forgets both generations; resolutions under way are not remembered. */
  readonly forget: (target: Target) => Effect.Effect<void>
}>()("posh/Resolver") {
  static readonly layerNoDeps = (policy: Policy): Layer.Layer<Resolver, never, Fetcher | AssociationStore> =>
    Layer.effect(Resolver, makeResolver(policy))
}

const makeResolver = Effect.fnUntraced(function*(policy: Policy) {
  const store = yield* AssociationStore
  const fetcher = yield* Fetcher
  const attempt = makeAttempt(Fetcher.of({ get: withBudgets(fetcher.get, policy.budgets) }), policy)
  const flights = yield* makeFlights<Learnt>((cause) => ({ outcome: Result.fail(faultOf(cause)) }))
  const refetches = makeRefetchLimit()

  const resolve = Effect.fnUntraced(function*(target: Target, options: ResolveOptions) {
    const demand = yield* demandOf(target, options)
    if (options.generations === "draft-only") return resolution(["draft", yield* ask("draft", target, options, demand)])
    const rfc = yield* ask("rfc7711", target, options, demand)
    if (options.generations === "rfc-only" || Result.isSuccess(rfc.outcome)) return resolution(["rfc7711", rfc])

    // POSH-NEG-02: only an authoritative "nothing published" lets the draft generation speak.
    const { code } = rfc.outcome.failure
    if (code === "NotPublished") {
      return resolution(["rfc7711", rfc], ["draft", yield* ask("draft", target, options, demand)])
    }
    const kept = isUnanswered(code) && !demand.force ? yield* stillFresh(target, demand) : undefined
    return kept === undefined ? resolution(["rfc7711", rfc]) : resolution(["rfc7711", rfc], ["draft", kept])
  })

  /** POSH-NEG-06: where RFC 7711 cannot be asked again, draft material serves until its own fresh-until. */
  const stillFresh = Effect.fnUntraced(function*(target: Target, { maxAgeMs }: Demand) {
    if (maxAgeMs !== undefined) return undefined
    const { asOf, association, tier } = yield* store.get(keyOf("draft", target))
    return association === undefined || asOf >= association.lifetime.revalidateAt
      ? undefined
      : { outcome: Result.succeed({ association }), cache: tier }
  })

  const demandOf = (target: Target, { force, maxAgeMs }: ResolveOptions) =>
    Effect.map(monotonicMs, (now): Demand => ({
      ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
      force: force !== undefined &&
        (refetches.permit(`${target.domain}:${target.service.key}`, force, now) ||
          // Somebody else's refetch is under way: it answers this question too.
          flights.isUnderWay(keyText(keyOf("rfc7711", target))) || flights.isUnderWay(keyText(keyOf("draft", target))))
    }))

  const ask = Effect.fnUntraced(
    function*(generation: Generation, target: Target, options: ResolveOptions, demand: Demand) {
      const key = keyOf(generation, target)
      const remembered = yield* store.get(key)
      const recalled = recall(remembered, demand)
      if (recalled._tag !== "Learn") {
        if (recalled.refreshAhead) yield* flights.start(keyText(key), learn(key, target, { force: true }))
        return { ...learntFrom(recalled), cache: remembered.tier } satisfies Asked
      }
      const { joined, outcome } = yield* flights.join(keyText(key), learn(key, target, demand), {
        ms: options.deadlineAt - (yield* monotonicMs),
        onLate: ({ waiting }) => ({
          outcome: Result.fail(new ResolveError({ code: waiting.code ?? "DeadlineExceeded", hops: [] }))
        })
      })
      return { ...outcome, cache: joined ? "coalesced" : "miss" } satisfies Asked
    }
  )

  /** Asks the origin and remembers what came of it. */
  const learn = (key: StoreKey, target: Target, demand: Demand) => (flight: Flight<Learnt>) =>
    attempt({ ...target, generation: key.generation, waiting: flight.waiting }).pipe(
      Effect.tapDefect((defect) => Effect.logError("a resolution failed unexpectedly", defect)),
      Effect.result,
      Effect.flatMap((outcome) =>
        flight.discarded ? Effect.succeed(unremembered(outcome)) : settle(key, demand, outcome)
      ),
      Effect.withSpan("Resolver.learn", {
        attributes: { "posh.domain": key.domain, "posh.service": key.service, "posh.generation": key.generation }
      })
    )

  const settle = Effect.fnUntraced(
    function*(key: StoreKey, demand: Demand, outcome: Result.Result<Association, ResolveError>) {
      if (Result.isSuccess(outcome)) {
        yield* store.putAssociation(key, outcome.success)
        // RFC 7711 material supersedes the draft's: no outage may bring that back (POSH-SEC-30).
        if (key.generation === "rfc7711") yield* store.removeAssociation({ ...key, generation: "draft" })
        return unremembered(outcome)
      }
      const error = outcome.failure
      const remembered: Remembered = yield* store.get(key)
      const absence = absenceAfter(error, remembered.absence, remembered.asOf, yield* Random.next)
      if (isWithdrawal(error.code)) yield* store.removeAssociation(key)
      if (absence !== undefined) yield* store.putAbsence(key, absence)
      const kept = isWithdrawal(error.code)
        ? undefined
        : fallBack(remembered, demand, absence?.until ?? remembered.asOf)
      if (kept !== undefined) return learntFrom(kept)
      return { outcome: Result.fail(error), ...(absence === undefined ? {} : { retryAt: absence.until }) }
    }
  )

  return Resolver.of({
    resolve,
    forget: Effect.fnUntraced(function*(target) {
      for (const generation of ["rfc7711", "draft"] as const) {
        const key = keyOf(generation, target)
        flights.discard(keyText(key))
        yield* store.forget(key)
      }
      refetches.forget(`${target.domain}:${target.service.key}`)
    })
  })
})

/** Milliseconds on a clock that no correction of the time moves. */
export const monotonicMs = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

const keyOf = (generation: Generation, { domain, service }: Target): StoreKey => ({
  domain,
  service: service.key,
  generation
})

const unremembered = (outcome: Result.Result<Association, ResolveError>): Learnt => ({
  outcome: Result.map(outcome, (association) => ({ association }))
})

const learntFrom = (recalled: Exclude<Recall, { _tag: "Learn" }>): Learnt => {
  if (recalled._tag === "Fail") return { outcome: Result.fail(recalled.absence.error), retryAt: recalled.absence.until }
  const { association, overdue } = recalled
  return { outcome: Result.succeed(overdue === undefined ? { association } : { association, ...overdue }) }
}

/** A defect is ours: it is logged where it happened, and the answer says no more than that (POSH-SEC-02). */
const faultOf = (cause: Cause.Cause<never>): ResolveError =>
  new ResolveError({ code: Cause.hasInterruptsOnly(cause) ? "Cancelled" : "InternalError", hops: [] })

const resolution = (...asked: ReadonlyArray<readonly [Generation, Asked]>): Resolution => {
  const deciding = asked.at(-1)
  if (deciding === undefined) throw new Error("a resolution without an attempt")
  return {
    ...deciding[1],
    attempts: asked.map(([generation, answer]) => report(generation, answer))
  }
}

const report = (generation: Generation, { cache, outcome }: Asked): AttemptReport => {
  if (Result.isSuccess(outcome)) {
    const { association, nextTryAt } = outcome.success
    return {
      generation,
      code: "Resolved",
      hops: association.hops,
      cache,
      ...(nextTryAt === undefined ? {} : { revalidation: "overdue" as const })
    }
  }
  const { code, detail, hopIndex, hops, url } = outcome.failure
  return {
    generation,
    code,
    hops,
    cache,
    ...(detail === undefined ? {} : { detail }),
    ...(hopIndex === undefined ? {} : { hopIndex }),
    ...(url === undefined ? {} : { url })
  }
}
