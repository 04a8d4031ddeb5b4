/**
 * `/v1/associations`: what a domain asserts, and forgetting it.
 */
import { Api } from "@posh/api"
import { Verifier } from "@posh/core"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { toAssociation } from "../toAnswer.ts"
import { questionProblem } from "./problems.ts"

/** Handlers of the group `associations`. */
export const layer = HttpApiBuilder.group(
  Api,
  "associations",
  Effect.fnUntraced(function*(handlers) {
    const verifier = yield* Verifier
    return handlers.handleAll({
      getAssociation: ({ params, query }) =>
        verifier.assertion(params.domain, params.service, query).pipe(
          Effect.map(toAssociation),
          Effect.mapError((error) => questionProblem(error))
        ),
      forgetAssociation: ({ params }) =>
        Effect.mapError(verifier.forget(params.domain, params.service), (error) => questionProblem(error))
    })
  })
)
