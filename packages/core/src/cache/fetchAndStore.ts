/**
 * Fetches from a source, and stores the result (requirements §4.4).
 */
import { Cause, Effect, Random, Result } from "effect"
import { type Association, deliveredAt } from "../association/Association.ts"
import { ResolveError } from "../association/ResolveError.ts"
import { isWithdrawal } from "../codes.ts"
import { currentStamp, type Stamp, timeSince } from "../question/Stamp.ts"
import type { StoreKey } from "../question/StoreKey.ts"
import { askOnce } from "./askOnce.ts"
import { negativeAfter } from "./Backoff.ts"
import { type Freshness, toCacheDecision } from "./CacheDecision.ts"
import type { FleetShape, Lead } from "./Fleet.ts"
import type { Flight } from "./Flights.ts"
import type { Source } from "./Source.ts"
import type { AssociationStore, CacheEntry, Permit } from "./store/AssociationStore.ts"

/** The result of a flight, shared by all questions that waited for it; `FlightDecision.ts` decides for each of them. */
export interface FlightResult {
  readonly outcome: Result.Result<Association, ResolveError>
  /** The flight asked the origin itself. If false, the outcome is an entry that another process stored. */
  readonly fetched: boolean
  /** The question timed out before the flight ended. */
  readonly late?: boolean
  /**
   * The cache entry before the outcome was stored, or after that of a withdrawal, which leaves no association; absent if
   * the flight fetched an association.
   */
  readonly remembered?: CacheEntry
  /** When the origin is asked again; milliseconds since the epoch. */
  readonly retryAt?: number
}

export const makeFetchAndStore =
  (store: AssociationStore["Service"], fleet: FleetShape) =>
  ({ fetch, key }: Source, freshness: Freshness, hadMaterial: boolean) =>
  (flight: Flight<FlightResult>): Effect.Effect<FlightResult> => {
    const ask = ({ permit }: Lead, read: Stamp): Effect.Effect<FlightResult> =>
      fetch({ hadMaterial, waiting: flight.waiting }).pipe(
        Effect.result,
        Effect.flatMap((outcome) =>
          flight.discarded
            ? Effect.succeed({ outcome, fetched: true })
            : storeOutcome(store, key, outcome, { began: flight.began, read, permit })
        )
      )
    // An entry of the shared store serves only by `toCacheDecision` (POSH-CAC-33).
    const readShared = Effect.zipWith(store.getShared(key), currentStamp, (remembered, { monotonicMs }) => ({
      shared: toSharedResult(remembered, freshness),
      read: { wallMs: remembered.asOf, monotonicMs }
    }))
    return askOnce({
      lead: Effect.suspend(() => fleet.lead(key, flight.discard)),
      readShared,
      ask: (lead, { read }) => ask(lead, read)
    }).pipe(
      Effect.withSpan("Resolver.fetchAndStore", {
        attributes: { "posh.domain": key.domain, "posh.service": key.service, "posh.generation": key.generation }
      })
    )
  }

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

/** The result of a flight that was cancelled or died. A defect is logged (`Flights.ts`) and never exposed to the caller (POSH-SEC-02). */
export const toLostResult = (cause: Cause.Cause<never>): FlightResult => ({
  fetched: true,
  outcome: Result.fail(
    new ResolveError({ code: Cause.hasInterruptsOnly(cause) ? "Cancelled" : "InternalError", hops: [] })
  )
})

interface StoreOutcomeOptions {
  readonly began: Stamp
  /** When the shared store was read under the lead, by the clock that decides on its entries (`CacheEntry.asOf`). */
  readonly read: Stamp
  readonly permit: Permit | undefined
}

const storeOutcome = Effect.fnUntraced(function*(
  store: AssociationStore["Service"],
  key: StoreKey,
  outcome: FlightResult["outcome"],
  { began, permit, read }: StoreOutcomeOptions
): Effect.fn.Return<FlightResult> {
  const result = { outcome, fetched: true }
  const now = yield* currentStamp
  if (Result.isSuccess(outcome)) {
    // POSH-CAC-35: a wall clock that was set back during the flight does not make the material younger.
    const asOf = Math.max(timeSince(began, now), deliveredAt(outcome.success))
    yield* store.putAssociation(key, outcome.success, permit, asOf)
    return result
  }
  // A withdrawal continues no back-off, and ends whatever is stored: it is not read again.
  const isWithdrawn = isWithdrawal(outcome.failure.code)
  const remembered: CacheEntry = isWithdrawn
    ? { tier: "memory", asOf: timeSince(read, now) }
    : yield* store.get(key)
  const { asOf } = remembered
  const negative = negativeAfter(outcome.failure, remembered.negative, asOf, yield* Random.next)
  if (negative === undefined) return { ...result, remembered }
  const write = isWithdrawn ? store.withdraw : store.putNegative
  if (!(yield* write(key, negative, permit, asOf))) return result
  return { ...result, remembered: isWithdrawn ? { ...remembered, negative } : remembered, retryAt: negative.until }
})
