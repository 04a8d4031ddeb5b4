/**
 * Asks an origin, and remembers what came of it (requirements §4.4).
 */
import { Cause, Effect, Random, Result } from "effect"
import type { Association } from "./Association.ts"
import type { Attempt } from "./Attempt.ts"
import type { AssociationStore, Remembered } from "./cache/AssociationStore.ts"
import { absenceAfter } from "./cache/Backoff.ts"
import type { Flight } from "./cache/Flights.ts"
import { isWithdrawal } from "./codes.ts"
import { ResolveError } from "./errors.ts"
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
  (attempt: Attempt, store: AssociationStore["Service"]) =>
  (generation: Generation, target: Target) =>
  (flight: Flight<Landing>): Effect.Effect<Landing> => {
    const key = target.keys[generation]
    const { domain, service } = target
    return attempt({ domain, service, generation, waiting: flight.waiting }).pipe(
      Effect.tapDefect((defect) => Effect.logError("a resolution failed unexpectedly", defect)),
      Effect.result,
      Effect.flatMap((outcome) =>
        flight.discarded ? Effect.succeed({ outcome }) : settle(store, target, outcome, generation)
      ),
      Effect.withSpan("Resolver.learn", {
        attributes: { "posh.domain": key.domain, "posh.service": key.service, "posh.generation": generation }
      })
    )
  }

/** A flight that never landed. A defect is ours: it is logged, and the answer says no more than that (POSH-SEC-02). */
export const lost = (cause: Cause.Cause<never>): Landing => ({
  outcome: Result.fail(
    new ResolveError({ code: Cause.hasInterruptsOnly(cause) ? "Cancelled" : "InternalError", hops: [] })
  )
})

const settle = Effect.fnUntraced(function*(
  store: AssociationStore["Service"],
  { keys }: Target,
  outcome: Landing["outcome"],
  generation: Generation
) {
  const key = keys[generation]
  if (Result.isSuccess(outcome)) {
    yield* store.putAssociation(key, outcome.success)
    return { outcome }
  }
  const before = yield* store.get(key)
  const absence = absenceAfter(outcome.failure, before.absence, before.asOf, yield* Random.next)
  if (isWithdrawal(outcome.failure.code)) yield* store.removeAssociation(key)
  if (absence === undefined) return { outcome, before }
  yield* store.putAbsence(key, absence)
  return { outcome, before, retryAt: absence.until }
})
