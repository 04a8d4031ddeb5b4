/**
 * `grpc.health.v1.Health`: what `/health/ready` says, of the whole service and of each that it serves.
 */
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect"
import { type Health, type HealthCheckRequest, HealthCheckResponse_ServingStatus as Status } from "@posh/api/grpc"
import { Effect, Schedule, Stream } from "effect"
import { Overall } from "../../service/Overall.ts"
import { isServing, Readiness } from "../../service/Readiness.ts"
import { whileWanted } from "../calls/whileWanted.ts"
import { Drain } from "../listener/Drain.ts"

/** How often a watch looks; orchestrators ask every few seconds. */
const pollMs = 500

/** `served`: full names of services. */
export const makeHealth = (served: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const overall = yield* Overall
    const { state } = overall ?? (yield* Readiness)
    const { awaited, hasBegun } = yield* Drain
    const services = new Set(["", ...served])
    const context = yield* Effect.context<never>()
    const runPromise = Effect.runPromiseWith(context)
    // A worker drains before its parent knows.
    const status = Effect.zipWith(
      state,
      hasBegun,
      (current, isDraining) => isServing(current) && !isDraining ? Status.SERVING : Status.NOT_SERVING
    )

    return {
      check: ({ service }: HealthCheckRequest) =>
        services.has(service)
          ? runPromise(Effect.map(status, (current) => ({ status: current })))
          : Promise.reject<never>(new ConnectError("there is no such service", Code.NotFound)),
      // An unknown service may appear later, so its watch stays open, as the protocol says.
      watch: ({ service }: HealthCheckRequest, handled: HandlerContext) => {
        const current = services.has(service) ? status : Effect.succeed(Status.SERVICE_UNKNOWN)
        const changes = Stream.fromEffectSchedule(current, Schedule.spaced(pollMs)).pipe(
          Stream.haltWhen(awaited),
          Stream.concat(Stream.fromEffect(current)),
          Stream.changes,
          Stream.map((status) => ({ status }))
        )
        return Stream.toAsyncIterableWith(whileWanted(changes, handled), context)
      }
    } satisfies ServiceImpl<typeof Health>
  })
