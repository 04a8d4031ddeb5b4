/**
 * Asks an origin, and remembers what came of it (requirements §4.4).
 */
import { Cause, Effect, Random, Result } from "effect"
import type { Association } from "./Association.ts"
import type { Attempt } from "./Attempt.ts"
import type { AssociationStore, Permit, Remembered, StoreKey } from "./cache/AssociationStore.ts"
import { absenceAfter } from "./cache/Backoff.ts"
import type { Flight } from "./cache/Flights.ts"
import { isWithdrawal } from "./codes.ts"
import { ResolveError } from "./errors.ts"
import type { FleetShape, Lead } from "./Fleet.ts"
import type { Generation } from "./Generation.ts"
import type { Target } from "./Target.ts"

/** What a flight brought, for everybody who waited for it. */
export interface Landing {
  readonly outcome: Result.Result<Association, ResolveError>
  /** What was remembered when the flight landed in a failure. */
  readonly before?: Remembered
  /** When the origin is asked again; milliseconds since the epoch. */
  readonly retryAt?: number
}

export const makeLearn =
  (attempt: Attempt, store: AssociationStore["Service"], fleet: FleetShape) =>
  (generation: Generation, target: Target, baseline: Remembered) =>
  (flight: Flight<Landing>): Effect.Effect<Landing> => {
    const key = target.keys[generation]
    const { domain, service } = target
    const ask = ({ permit }: Lead): Effect.Effect<Landing> =>
      attempt({ domain, service, generation, hadMaterial: baseline.association !== undefined, waiting: flight.waiting })
        .pipe(
          Effect.tapDefect((defect) => Effect.logError("a resolution failed unexpectedly", defect)),
          Effect.result,
          Effect.flatMap((outcome) =>
            flight.discarded ? Effect.succeed({ outcome }) : settle(store, key, outcome, permit)
          )
        )
    return learnOnce(store, Effect.suspend(() => fleet.lead(key, flight.discard)), key, baseline, ask).pipe(
      Effect.withSpan("Resolver.learn", {
        attributes: { "posh.domain": key.domain, "posh.service": key.service, "posh.generation": generation }
      })
    )
  }

/**
 * Asks; or waits for who asks already and takes what it learnt, and asks after all where that was nothing. `baseline` is
 * what made the question ask: whatever is remembered instead by now was learnt since.
 */
const learnOnce = Effect.fnUntraced(function*(
  store: AssociationStore["Service"],
  lead: ReturnType<FleetShape["lead"]>,
  key: StoreKey,
  baseline: Remembered,
  ask: (lead: Lead) => Effect.Effect<Landing>
) {
  // What this process remembers is what made the question ask.
  const look = Effect.map(store.getShared(key), (remembered) => landedSince(baseline, remembered))
  while (true) {
    // A lead is given up whatever happens: the rest of the fleet waits for it.
    const landing = yield* Effect.acquireUseRelease(
      lead,
      (role) =>
        role._tag === "Follow"
          ? Effect.andThen(role.over, look)
          : Effect.flatMap(look, (landed) => landed === undefined ? ask(role) : Effect.succeed(landed)),
      (role) => role._tag === "Lead" ? role.over : Effect.void
    )
    if (landing !== undefined) return landing
  }
})

const landedSince = (baseline: Remembered, remembered: Remembered): Landing | undefined => {
  const { absence, asOf, association } = remembered
  if (absence !== undefined && asOf < absence.until && absence.learnedAt !== baseline.absence?.learnedAt) {
    return { outcome: Result.fail(absence.error), before: remembered, retryAt: absence.until }
  }
  return association !== undefined && association.lifetime.fetchedAt !== baseline.association?.lifetime.fetchedAt
    ? { outcome: Result.succeed(association) }
    : undefined
}

/** A flight that never landed. A defect is ours: it is logged, and the answer says no more than that (POSH-SEC-02). */
export const lost = (cause: Cause.Cause<never>): Landing => ({
  outcome: Result.fail(
    new ResolveError({ code: Cause.hasInterruptsOnly(cause) ? "Cancelled" : "InternalError", hops: [] })
  )
})

const settle = Effect.fnUntraced(function*(
  store: AssociationStore["Service"],
  key: StoreKey,
  outcome: Landing["outcome"],
  permit: Permit | undefined
): Effect.fn.Return<Landing> {
  if (Result.isSuccess(outcome)) {
    yield* store.putAssociation(key, outcome.success, permit)
    return { outcome }
  }
  const before = yield* store.get(key)
  const absence = absenceAfter(outcome.failure, before.absence, before.asOf, yield* Random.next)
  if (isWithdrawal(outcome.failure.code) && !(yield* store.removeAssociation(key, permit))) return { outcome }
  if (absence === undefined) return { outcome, before }
  return (yield* store.putAbsence(key, absence, permit)) ? { outcome, before, retryAt: absence.until } : { outcome }
})
