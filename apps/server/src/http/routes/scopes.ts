/**
 * What an endpoint needs, asked where the router has decided which endpoint it is, and before a body is read.
 *
 * **Details**
 *
 * The gate knows who asks. It cannot know what is asked: the router takes a path in more spellings than one, such as
 * with `%61` for `a`, or with a `;` and more behind it.
 */
import { Access, scopeOf } from "@posh/api"
import { Effect, Layer, Result } from "effect"
import { HttpServerRequest } from "effect/http"
import { challenge } from "../../access/Callers.ts"
import { permit } from "../../service/Caller.ts"
import { callerOf } from "../Exchange.ts"
import { problemResponse } from "./problems.ts"

/** Stands before the endpoints of the contract. An endpoint without a scope is not open by mistake. */
export const layer = Layer.succeed(Access, {
  bearer: (handled, { endpoint }) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ source }) => {
      const needed = scopeOf(endpoint) ?? "admin"
      const permitted = permit(callerOf(source), needed)
      return Result.isSuccess(permitted) ? handled : Effect.succeed(problemResponse(permitted.failure, {
        "www-authenticate": `${challenge}, error="insufficient_scope", scope="${needed}"`
      }))
    })
})
