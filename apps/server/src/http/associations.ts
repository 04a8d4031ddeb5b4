/**
 * `/v1/associations`: what a domain asserts, forgetting it, and what is remembered.
 */
import { Api, inventoryLimit, type Problem, problem } from "@posh/api"
import { parseCursor, type Position, Verifier } from "@posh/core"
import { Effect, Result } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { permit } from "../Caller.ts"
import { toAssociation, toInventory } from "../toAnswer.ts"
import { callerOf } from "./Gate.ts"
import { questionProblem, sentence } from "./problems.ts"

/** Handlers of the group `associations`. */
export const layer = HttpApiBuilder.group(
  Api,
  "associations",
  Effect.fnUntraced(function*(handlers) {
    const verifier = yield* Verifier
    return handlers.handleAll({
      getAssociation: ({ params, query, request }) =>
        Effect.andThen(
          Effect.fromResult(permit(callerOf(request.source), query.refresh === true ? "admin" : "verify", "refresh")),
          verifier.assertion(params.domain, params.service, query).pipe(
            Effect.map(toAssociation),
            Effect.mapError((error) => questionProblem(error))
          )
        ),
      forgetAssociation: ({ params }) =>
        Effect.mapError(verifier.forget(params.domain, params.service), (error) => questionProblem(error)),
      listAssociations: ({ query: { cursor, limit = inventoryLimit.default, ...range } }) =>
        Effect.fromResult(readCursor(cursor)).pipe(
          Effect.flatMap((position) => verifier.inventory({ ...range, ...position, limit })),
          Effect.map(toInventory)
        )
    })
  })
)

const readCursor = (text: string | undefined): Result.Result<{ readonly cursor?: Position }, Problem> =>
  text === undefined
    ? Result.succeed({})
    : Result.mapBoth(parseCursor(text), {
      onFailure: ({ detail }) => problem("InvalidRequest", sentence(detail), "cursor"),
      onSuccess: (cursor) => ({ cursor })
    })
