/**
 * `/health` and `/metrics`: what orchestrators and monitors ask.
 */
import { Api, problem } from "@posh/api"
import { Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Readiness } from "../Readiness.ts"
import { Metrics } from "../telemetry/Metrics.ts"

/** Handlers of the group `health`. */
export const layer = HttpApiBuilder.group(
  Api,
  "health",
  Effect.fnUntraced(function*(handlers) {
    const readiness = yield* Readiness
    const metrics = yield* Effect.serviceOption(Metrics)
    return handlers.handleAll({
      live: () => Effect.succeed({ status: "live" as const }),
      ready: () =>
        Effect.flatMap(
          readiness.state,
          (status) => status === "ready" || status === "degraded" ? Effect.succeed({ status }) : Effect.fail({ status })
        ),
      metrics: () =>
        Option.match(metrics, {
          onNone: () => Effect.fail(problem("NotFound", "The service does not count: POSH_METRICS is off.")),
          onSome: ({ text }) => text
        })
    })
  })
)
