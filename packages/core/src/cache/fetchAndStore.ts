/**
 * Asks a source, and remembers what came of it (requirements §4.4).
 */
import { Cause, Effect, Random, Result } from "effect"
import { type Association, deliveredAt } from "../association/Association.ts"
import { ResolveError } from "../association/ResolveError.ts"
import { isWithdrawal } from "../codes.ts"
import { currentStamp, type Stamp, timeSince } from "../question/Stamp.ts"
import type { StoreKey } from "../question/StoreKey.ts"
import { negativeAfter } from "./Backoff.ts"
import { type Freshness, toCacheDecision } from "./CacheDecision.ts"
import type { FleetShape, Lead } from "./Fleet.ts"
import type { Flight } from "./Flights.ts"
import type { Source } from "./Source.ts"
import type { AssociationStore, CacheEntry, Permit } from "./store/AssociationStore.ts"

/** What a flight brought, for everybody who waited for it; what it means to each, `FlightDecision.ts` says. */
export interface FlightResult {
  readonly outcome: Result.Result<Association, ResolveError>
  /** The flight asked the origin itself. Else the outcome is what another process has put into the store. */
  readonly fetched: boolean
  /** The question's time was over before the flight landed. */
  readonly late?: boolean
  /** What was remembered when the flight landed, but for a new association. */
  readonly remembered?: CacheEntry
  /** When the origin is asked again; milliseconds since the epoch. */
  readonly retryAt?: number
}

export const makeFetchAndStore =
  (store: AssociationStore["Service"], fleet: FleetShape) =>
  ({ fetch, key }: Source, freshness: Freshness, hadMaterial: boolean) =>
  (flight: Flight<FlightResult>): Effect.Effect<FlightResult> => {
    const ask = ({ permit }: Lead): Effect.Effect<FlightResult> =>
      fetch({ hadMaterial, waiting: flight.waiting }).pipe(
        Effect.tapDefect((defect) => Effect.logError("a resolution failed unexpectedly", defect)),
        Effect.result,
        Effect.flatMap((outcome) =>
          flight.discarded
            ? Effect.succeed({ outcome, fetched: true })
            : storeOutcome(store, key, outcome, flight.began, permit)
        )
      )
    return fetchOnce(store, Effect.suspend(() => fleet.lead(key, flight.discard)), key, freshness, ask).pipe(
      Effect.withSpan("Resolver.fetchAndStore", {
        attributes: { "posh.domain": key.domain, "posh.service": key.service, "posh.generation": key.generation }
      })
    )
  }

/**
 * Asks; or waits for who asks already and takes what it learnt, and asks after all where that is not what is needed. The
 * store is believed no more here than anywhere else: what it has passes `toCacheDecision` (POSH-CAC-33).
 */
const fetchOnce = Effect.fnUntraced(function*(
  store: AssociationStore["Service"],
  lead: ReturnType<FleetShape["lead"]>,
  key: StoreKey,
  freshness: Freshness,
  ask: (lead: Lead) => Effect.Effect<FlightResult>
) {
  // What this process remembers is what made the question ask.
  const readShared = Effect.map(store.getShared(key), (remembered) => toSharedResult(remembered, freshness))
  while (true) {
    // A lead is given up whatever happens: the rest of the fleet waits for it.
    const result = yield* Effect.acquireUseRelease(
      lead,
      (role) =>
        role._tag === "Follow"
          ? Effect.andThen(role.over, readShared)
          : Effect.flatMap(readShared, (shared) => shared === undefined ? ask(role) : Effect.succeed(shared)),
      (role) => role._tag === "Lead" ? role.over : Effect.void
    )
    if (result !== undefined) return result
  }
})

const toSharedResult = (remembered: CacheEntry, freshness: Freshness): FlightResult | undefined => {
  const decision = toCacheDecision(remembered, freshness)
  if (decision._tag === "Fetch") return undefined
  if (decision._tag === "Serve" && !decision.overdue) {
    return { outcome: Result.succeed(decision.association), fetched: false, remembered }
  }
  const { negative } = remembered
  return negative === undefined
    ? undefined
    : { outcome: Result.fail(negative.error), fetched: false, remembered, retryAt: negative.until }
}

/** A flight that never landed. A defect is ours: it is logged, and the answer says no more than that (POSH-SEC-02). */
export const toLostResult = (cause: Cause.Cause<never>): FlightResult => ({
  fetched: true,
  outcome: Result.fail(
    new ResolveError({ code: Cause.hasInterruptsOnly(cause) ? "Cancelled" : "InternalError", hops: [] })
  )
})

const storeOutcome = Effect.fnUntraced(function*(
  store: AssociationStore["Service"],
  key: StoreKey,
  outcome: FlightResult["outcome"],
  began: Stamp,
  permit: Permit | undefined
): Effect.fn.Return<FlightResult> {
  const result = { outcome, fetched: true }
  if (Result.isSuccess(outcome)) {
    // POSH-CAC-35: a wall clock that was set back meanwhile makes nothing younger.
    const asOf = Math.max(timeSince(began, yield* currentStamp), deliveredAt(outcome.success))
    yield* store.putAssociation(key, outcome.success, permit, asOf)
    return result
  }
  const remembered = yield* store.get(key)
  const { asOf } = remembered
  const negative = negativeAfter(outcome.failure, remembered.negative, asOf, yield* Random.next)
  if (isWithdrawal(outcome.failure.code) && !(yield* store.removeAssociation(key, permit))) return result
  if (negative === undefined) return { ...result, remembered }
  return (yield* store.putNegative(key, negative, permit, asOf))
    ? { ...result, remembered, retryAt: negative.until }
    : result
})
