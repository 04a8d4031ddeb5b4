/**
 * `/health` and `/metrics`, for orchestrators and monitoring.
 */
import { Api, metricsMediaType, problem } from "@posh/api"
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { callerBounds } from "../../service/limits/bounds.ts"
import { makeBuckets } from "../../service/limits/Buckets.ts"
import { Readiness } from "../../service/Readiness.ts"
import { Metrics } from "../../telemetry/Metrics.ts"
import { makeCompressed } from "./compressed.ts"

/** Handlers of the group `health`. */
export const layer = HttpApiBuilder.group(
  Api,
  "health",
  Effect.fnUntraced(function*(handlers) {
    const readiness = yield* Readiness
    const metrics = Option.map(yield* Effect.serviceOption(Metrics), ({ text }) => text)
    const metricsText = Option.isSome(metrics) ? Option.some(yield* rateLimited(metrics.value)) : metrics
    const toResponse = makeCompressed(metricsMediaType)
    return handlers.handleAll({
      live: () => Effect.succeed({ status: "live" as const }),
      ready: () =>
        Effect.flatMap(
          readiness.state,
          (status) => status === "ready" || status === "degraded" ? Effect.succeed({ status }) : Effect.fail({ status })
        ),
      metrics: () =>
        Option.match(metricsText, {
          onNone: () => Effect.fail(problem("NotFound", "The service does not count: POSH_METRICS is off.")),
          onSome: (text) => Effect.flatMap(text, (rendered) => toResponse(rendered))
        })
    })
  })
)

/** Limits the rendering, which takes milliseconds and needs no key: over the rate the last text is returned. */
const rateLimited = (render: Effect.Effect<string>): Effect.Effect<Effect.Effect<string>> =>
  Effect.map(Clock.Clock, (clock) => {
    const rate = makeBuckets(callerBounds.metrics)
    let last = ""
    return Effect.suspend(() =>
      last !== "" && rate.take("metrics", monotonicMsOf(clock)) !== undefined
        ? Effect.succeed(last)
        : Effect.tap(render, (text) => Effect.sync(() => last = text))
    )
  })
