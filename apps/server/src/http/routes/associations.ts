/**
 * `/v1/associations`: reports, purges and lists cached associations.
 */
import { Api, inventoryLimit, type Problem, problem } from "@posh/api"
import { Verifier } from "@posh/core"
import { parseCursor, type Position } from "@posh/core/cache"
import { Effect, Exit, Result } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import { answerAssociation } from "../../service/answerAssociation.ts"
import { audit } from "../../service/audit.ts"
import { Limits } from "../../service/limits/Limits.ts"
import { questionProblem, sentence } from "../../service/problems.ts"
import { toInventory } from "../../service/toAnswer.ts"
import { toLookups } from "../../service/toLookups.ts"
import { callerOf } from "../Exchange.ts"
import { withRetryAfter } from "./problems.ts"

/** Handlers of the group `associations`. */
export const layer = HttpApiBuilder.group(
  Api,
  "associations",
  Effect.fnUntraced(function*(handlers) {
    const verifier = yield* Verifier
    const limits = yield* Limits
    return handlers.handleAll({
      getAssociation: ({ params, query, request }) => {
        const asked = { ...params, refresh: query.refresh === true, deadlineMs: query.deadlineMs }
        return answerAssociation(verifier, limits, callerOf(request.source), asked).pipe(withRetryAfter)
      },
      forgetAssociation: ({ params, request }) =>
        verifier.forget(params.domain, params.service).pipe(
          // Also if the caller has gone: the purge may have begun.
          Effect.onExit((exit) =>
            Exit.hasFails(exit) ? Effect.void : audit("purge", callerOf(request.source), {
              ...params,
              ...(Exit.isSuccess(exit) ? { pending: exit.value.pending.join() || "nothing" } : { pending: "unknown" })
            })
          ),
          Effect.mapBoth({
            onFailure: (error) => questionProblem(error),
            onSuccess: ({ pending }) => pending.length === 0 ? undefined : { pending }
          })
        ),
      listAssociations: ({
        query: { cursor, limit = inventoryLimit.default, source = "documents", ...range },
        request
      }) =>
        Effect.fromResult(readCursor(cursor, source)).pipe(
          Effect.tap(() => audit("inventory", callerOf(request.source))),
          Effect.flatMap((position) => {
            const query = { ...range, ...position, limit }
            const page = source === "tlsa"
              ? Effect.map(verifier.lookups(query), toLookups)
              : Effect.map(verifier.inventory(query), toInventory)
            return limits.withPlaces(callerOf(request.source), 1, page)
          }),
          withRetryAfter
        )
    })
  })
)

const readCursor = (
  text: string | undefined,
  source: "documents" | "tlsa"
): Result.Result<{ readonly cursor?: Position }, Problem> =>
  text === undefined
    ? Result.succeed({})
    : Result.mapBoth(parseCursor(text, source), {
      onFailure: ({ detail }) => problem("InvalidRequest", sentence(detail), "cursor"),
      onSuccess: (cursor) => ({ cursor })
    })
