/**
 * What callers use of the limits on all of them, beside these limits.
 */
import { Effect, Layer, Option } from "effect"
import type { Settings } from "../config/variables.ts"
import { bodyBounds } from "../service/limits/Bodies.ts"
import { Limits } from "../service/limits/Limits.ts"
import { Metrics } from "./Metrics.ts"

export const layerLimitMetrics = (
  { maxInFlight, workers }: Pick<Settings, "maxInFlight" | "workers">
): Layer.Layer<never, never, Limits> =>
  Layer.effectDiscard(Effect.gen(function*() {
    const { bodies, inFlight } = yield* Limits
    const found = yield* Effect.serviceOption(Metrics)
    if (Option.isNone(found)) return
    const { cell } = found.value
    cell("posh_questions_in_flight").read = inFlight.total
    cell("posh_questions_in_flight_limit").value = maxInFlight
    cell("posh_request_bodies_bytes").read = bodies.total
    cell("posh_request_bodies_limit_bytes").value = bodyBounds(workers).all
  }))
