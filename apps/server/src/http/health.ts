/**
 * `/health`: what orchestrators ask.
 */
import { Api } from "@posh/api"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { Readiness } from "../Readiness.ts"

/** Handlers of the group `health`. */
export const layer = HttpApiBuilder.group(
  Api,
  "health",
  Effect.fnUntraced(function*(handlers) {
    const readiness = yield* Readiness
    return handlers.handleAll({
      live: () => Effect.succeed({ status: "live" as const }),
      ready: () =>
        Effect.flatMap(
          readiness.state,
          (status) => status === "ready" || status === "degraded" ? Effect.succeed({ status }) : Effect.fail({ status })
        )
    })
  })
)
