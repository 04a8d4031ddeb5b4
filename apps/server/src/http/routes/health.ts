/**
 * `/health` and `/metrics`, for orchestrators and monitoring.
 */
import { Api, metricsMediaType, problem } from "@posh/api"
import { monotonicMsOf } from "@posh/core/serving"
import { Clock, Context, Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { productVersion } from "../../process/version.ts"
import { callerBounds } from "../../service/limits/bounds.ts"
import { makeBuckets } from "../../service/limits/Buckets.ts"
import { Overall } from "../../service/Overall.ts"
import { isServing, Readiness } from "../../service/Readiness.ts"
import { Metrics } from "../../telemetry/Metrics.ts"
import { makeCompressed } from "./compressed.ts"

/** Does the operations listener serve the metrics, so that this one does not? */
export const HasOperationsListener = Context.Reference<boolean>("posh/server/http/HasOperationsListener", {
  defaultValue: () => false
})

/** Handlers of the group `health`. */
export const layer = HttpApiBuilder.group(
  Api,
  "health",
  Effect.fnUntraced(function*(handlers) {
    const overall = yield* Overall
    const { state } = overall ?? (yield* Readiness)
    const metrics = Option.map(yield* Effect.serviceOption(Metrics), ({ text }) => overall?.metrics ?? text)
    const metricsText = Option.isSome(metrics) ? Option.some(yield* rateLimited(metrics.value)) : metrics
    const isElsewhere = yield* HasOperationsListener
    const toResponse = makeCompressed(metricsMediaType)
    return handlers.handleAll({
      live: () => Effect.succeed({ status: "live" as const, version: productVersion }),
      ready: () =>
        Effect.flatMap(
          state,
          (status) => isServing(status) ? Effect.succeed({ status }) : Effect.fail({ status })
        ),
      metrics: () =>
        Option.match(isElsewhere ? Option.none() : metricsText, {
          onNone: () => Effect.fail(isElsewhere ? elsewhere : uncounted),
          onSome: (text) => Effect.flatMap(text, (rendered) => toResponse(rendered))
        })
    })
  })
)

const elsewhere = problem("NotFound", "Metrics are at the operations listener: POSH_OPS_PORT.")
const uncounted = problem("NotFound", "The service does not count: POSH_METRICS is off.")

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
